#include "sql/error_texts.hpp"

#include <array>

namespace picoxx {
namespace {

using enum Condition;
constexpr auto nothing = Told::nothing;
constexpr auto not_executed = Told::not_executed;
constexpr auto in_doubt = Told::in_doubt;
constexpr auto stale = Told::stale;

// Measured on Picodata 25.6, 26.1 and 26.3, with what each left behind. Each row has a test in server_error_test.cpp.
constexpr std::array texts{
    // The plan is out of date, or the statement is not there.
    ErrorText{"storage schema version different from router", "", stale_plan, stale},
    ErrorText{"space metadata for table: ", "", stale_plan, stale},
    ErrorText{"Couldn't find statement", "", stale_plan, stale},
    ErrorText{"cached plan must not change result type", "", stale_plan, stale},  // PostgreSQL

    // Whoever executed it died, or time ran out.
    ErrorText{"Peer closed", "", unreachable_peer, in_doubt},
    ErrorText{"io error: unexpected end of file", "", unreachable_peer, in_doubt},
    ErrorText{"Object is outdated after module reload", "", cluster_changing, in_doubt},
    ErrorText{"Timeout exceeded", "", timeout, in_doubt},
    ErrorText{"dql timeout exceeded", "", timeout, in_doubt},
    ErrorText{"Timeout: timeout", "", timeout, in_doubt},
    ErrorText{"ddl operation committed, but failed to receive acknowledgements", "", cluster_changing, in_doubt},

    // The cluster was changing.
    ErrorText{"TableNotOperable: ", "", cluster_changing, not_executed},
    ErrorText{"no router found for tier", "", cluster_changing, not_executed},
    ErrorText{"Failed to add a storage reference", "", cluster_changing, not_executed},
    ErrorText{"Failed to get replicaset from bucket ", "", cluster_changing, not_executed},
    ErrorText{"Bucket ", "cannot be found. Is rebalancing in progress?", cluster_changing, not_executed},
    ErrorText{"_pico_bucket: Bucket ", "", cluster_changing, not_executed},
    ErrorText{"failed to connect to address ", "", unreachable_peer, not_executed},
    ErrorText{"raft: proposal dropped", "", cluster_changing, not_executed},
    ErrorText{"leader is unknown yet", "", cluster_changing, not_executed},
    ErrorText{"Not initialized yet", "", cluster_changing, not_executed},
    ErrorText{"uninitialized yet", "", cluster_changing, not_executed},
    ErrorText{"DDL in heterogeneous cluster is prohibited", "", cluster_changing, not_executed},
    // One of several replicasets refused; the others have applied 1 to 9 rows of 10.
    ErrorText{"retry is required: ", "", cluster_changing, nothing},
    ErrorText{"Readonly: ", "", read_only, nothing},
    ErrorText{"proc_query_metadata call failed", "", unreachable_peer, nothing},
    ErrorText{"failed to add local bucket reference", "", cluster_changing, nothing},
    ErrorText{"attempt to concatenate local 'err_uuid'", "", unreachable_peer, nothing},

    // The option `forward` of 26.3: 0 of 27 301 refused INSERTs were applied.
    ErrorText{"invalid option: cannot satisfy \"forward = off\": buckets are not present on the current node", "",
              wrong_node, not_executed},
    ErrorText{"invalid option: cannot satisfy", "", invalid_statement, not_executed},

    // The stores of the node.
    ErrorText{"Statement storage is full", "", statement_store_full, Told::store_full},
    ErrorText{"Portal storage is full", "", statement_store_full, not_executed},
    ErrorText{"Couldn't find portal", "", invalid_statement, not_executed},

    // Rows that were refused. A write to a global table is one batch: all or nothing. On a sharded table the wrapping
    // decides.
    ErrorText{"TupleFound: Duplicate key exists", "", duplicate_key, not_executed},
    ErrorText{"FieldType: Tuple field ", "got nil", not_null, not_executed},
    ErrorText{"FieldType: ", "", type_mismatch, not_executed},
    ErrorText{"MemoryIssue: ", "", out_of_space, nothing},
    ErrorText{"MemtxMaxTupleSize: ", "", limit_exceeded, nothing},
    ErrorText{"Exceeded maximum number of rows", "", limit_exceeded, nothing},
    ErrorText{"Reached a limit on max executed vdbe opcodes", "", limit_exceeded, nothing},
    ErrorText{"Type mismatch: ", "", type_mismatch, nothing},
    ErrorText{"Failed to execute SQL statement: ", "", invalid_value, nothing},
    ErrorText{"encoding error: ", "", invalid_value, nothing},
    ErrorText{"Invalid MsgPack", "", invalid_value, nothing},
    ErrorText{"Invalid MP_", "", invalid_value, nothing},
    ErrorText{"NoSuchSpace: ", "", no_such_table, nothing},

    // Refused before execution: rights and grammar.
    ErrorText{"AccessDenied: ", "", access_denied, not_executed},
    ErrorText{"invalid ACL", "", access_denied, not_executed},
    ErrorText{"rule parsing error", "", syntax_error, not_executed},

    // Names.
    ErrorText{"table with name ", "", no_such_table, not_executed},
    ErrorText{"space ", " not found", no_such_table, not_executed},
    ErrorText{"table ", " does not exist", no_such_table, not_executed},
    ErrorText{"column with name ", "", no_such_column, not_executed},
    ErrorText{"column ", " not found", no_such_column, not_executed},
    ErrorText{"column ", " does not exist", no_such_column, not_executed},
    ErrorText{"no field with name", "", no_such_column, not_executed},
    ErrorText{"SQL function ", " not found", no_such_object, not_executed},
    ErrorText{"invalid routine", "", no_such_object, not_executed},
    ErrorText{"specified tier ", "", no_such_object, not_executed},
    ErrorText{"_pico_bucket: tier ", "", no_such_object, not_executed},
    ErrorText{"Error while discovering manifest", "", no_such_object, not_executed},
    ErrorText{"PluginError: no such plugin", "", no_such_object, not_executed},
    ErrorText{"index ", " does not exist", no_such_object, not_executed},
    ErrorText{"user ", " does not exist", no_such_object, not_executed},
    ErrorText{"role ", " does not exist", no_such_object, not_executed},
    ErrorText{"procedure ", " does not exist", no_such_object, not_executed},
    ErrorText{"prepared statement ", " does not exist.", no_such_object, not_executed},
    ErrorText{"table ", " already exists", already_exists, not_executed},
    ErrorText{"column ", " already exists", already_exists, not_executed},
    ErrorText{"index ", " already exists", already_exists, not_executed},
    ErrorText{"user ", " already exists", already_exists, not_executed},
    ErrorText{"role ", " already exists", already_exists, not_executed},
    ErrorText{"procedure ", " already exists", already_exists, not_executed},

    // Types and values.
    ErrorText{"could not resolve operator overload", "", type_mismatch, not_executed},
    ErrorText{"could not resolve function overload", "", type_mismatch, not_executed},
    ErrorText{"could not determine data type", "", type_mismatch, not_executed},
    ErrorText{"inconsistent types", "", type_mismatch, not_executed},
    ErrorText{"INSERT column at position ", "", type_mismatch, not_executed},
    ErrorText{"failed to parse ", "consider using explicit type casts", type_mismatch, not_executed},
    ErrorText{"invalid column: NonNull column ", "", not_null, not_executed},
    ErrorText{"invalid query: value doesn't fit", "", invalid_value, not_executed},
    ErrorText{"invalid value for", "", invalid_value, not_executed},
    ErrorText{"password is too short", "", invalid_value, not_executed},
    ErrorText{"invalid password", "", invalid_value, not_executed},
    ErrorText{"failed to bind parameter", "", invalid_value, not_executed},

    // It parses and makes no sense, or the server has no such thing.
    ErrorText{"invalid column", "", invalid_statement, not_executed},
    ErrorText{"invalid query", "", invalid_statement, not_executed},
    ErrorText{"invalid expression", "", invalid_statement, not_executed},
    ErrorText{"invalid OptionSpec", "", invalid_statement, not_executed},
    ErrorText{"invalid primary key", "", invalid_statement, not_executed},
    ErrorText{"duplicated value", "", invalid_statement, not_executed},
    ErrorText{"several fields have the same name", "", invalid_statement, not_executed},
    ErrorText{"unique index for the sharded table must include", "", invalid_statement, not_executed},
    ErrorText{"failed to update column: system column", "", invalid_statement, not_executed},
    ErrorText{"subquery must return only one column", "", invalid_statement, not_executed},
    ErrorText{"unknown parameter", "", invalid_statement, not_executed},
    ErrorText{"ddl operation was aborted", "", invalid_statement, not_executed},
    ErrorText{"transaction queries have different buckets", "", invalid_statement, not_executed},
    ErrorText{"statement ", "]", invalid_statement, not_executed},
    ErrorText{"transaction cannot be executed on all buckets", "", invalid_statement, not_executed},
    ErrorText{"QUERY statements must", "", invalid_statement, not_executed},
    ErrorText{"cannot modify global table", "", invalid_statement, not_executed},
    ErrorText{"unsupported query", "", unsupported, not_executed},
    ErrorText{"unsupported type", "", unsupported, not_executed},
    ErrorText{"unsupported DDL", "", unsupported, not_executed},
    ErrorText{"IN operator for rows is not supported", "", unsupported, not_executed},
    ErrorText{"ON CONFLICT DO UPDATE is supported only in transactional blocks", "", unsupported, not_executed},
    ErrorText{"explain for transactions not implemented", "", unsupported, not_executed},
    ErrorText{"feature is not supported: parameter oid ", "", unsupported, not_executed},
    ErrorText{"feature is not supported: ", " parameters", unsupported, not_executed},
    // Also a value of a result that cannot be sent, when rows have been written.
    ErrorText{"feature is not supported: ", "", unsupported, nothing},
};

}  // namespace

std::span<const ErrorText> error_texts() noexcept { return texts; }

}  // namespace picoxx
