// What follows from a server's error: a test for each text, as it was measured on Picodata 25.6, 26.1 and 26.3.
#include "sql/server_error.hpp"

#include "sql/error_texts.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace picoxx {
namespace {

using enum Condition;
constexpr auto write = StatementKind::write;
constexpr auto define = StatementKind::define;
constexpr auto reading = StatementKind::read;
constexpr auto no_effect = Effect::none;
constexpr auto unknown = Effect::unknown;
constexpr auto partial = Effect::partial;

struct Row {
    StatementKind kind;
    const char* text;
    Effect effect;
    Condition condition;
    const char* sqlstate = "XX000";
};

// The answer of a storage, as its coordinator passes it on.
std::string from_storage(const std::string& words) {
    return R"(sbroad: box error: ProcLua: {"code":32,"base_type":"ClientError","type":"ClientError","message":"Error on replicaset )"
           "8d0f7b8e-0000-4000-8000-000000000001: Failed to execute '.proc_sql_execute': sbroad: " +
           std::regex_replace(words, std::regex{"\""}, "\\\"") +
           R"(","trace":[{"file":"vshard\/error.lua","line":284}]})";
}

std::string rolled_back(const std::string& words) {
    return "sbroad: invalid transaction: transaction rolled-back: failed to insert space: " + words;
}

ServerErrorClass executing(StatementKind kind, const std::string& text, const char* sqlstate = "XX000") {
    return classify(kind, RefusedAt::execute, sqlstate, text);
}

class ServerErrorTest : public ::testing::TestWithParam<Row> {};

TEST_P(ServerErrorTest, has_the_effect_that_was_measured_and_is_repeated_only_where_it_is_stale) {
    const ServerErrorClass found = executing(GetParam().kind, GetParam().text, GetParam().sqlstate);

    EXPECT_EQ(to_string(found.effect), to_string(GetParam().effect)) << GetParam().text;
    EXPECT_EQ(to_string(found.condition), to_string(GetParam().condition)) << GetParam().text;
    EXPECT_EQ(found.stale, GetParam().condition == stale_plan) << GetParam().text;
    EXPECT_FALSE(found.store_full && found.condition != statement_store_full);
}

INSTANTIATE_TEST_SUITE_P(
    Stale, ServerErrorTest,
    ::testing::Values(Row{write, "prepared statement q1 has been invalidated", no_effect, stale_plan, "42999"},
                      Row{write, "prepared statement \"s1\" does not exist", no_effect, stale_plan, "26000"},
                      Row{write, "sbroad: storage schema version different from router", no_effect, stale_plan},
                      Row{write, "sbroad: space metadata for table: 1042 not found", no_effect, stale_plan},
                      Row{write, "Couldn't find statement 's1'.", no_effect, stale_plan},
                      Row{reading, "cached plan must not change result type", no_effect, stale_plan, "0A000"}));

INSTANTIATE_TEST_SUITE_P(
    InDoubt, ServerErrorTest,
    ::testing::Values(
        Row{write, "Error on replicaset x: Peer closed", unknown, unreachable_peer},
        Row{write, "server responded with error: io error: unexpected end of file", unknown, unreachable_peer},
        Row{write, "sbroad: box error: Timeout exceeded", unknown, timeout},
        Row{write, "dql timeout exceeded", unknown, timeout}, Row{define, "Timeout: timeout", unknown, timeout},
        Row{define, "ddl operation committed, but failed to receive acknowledgements from all instances", unknown,
            cluster_changing},
        Row{write, "Error on replicaset x: Object is outdated after module reload\\/reconfigure. Use new instance.",
            unknown, cluster_changing}));

INSTANTIATE_TEST_SUITE_P(
    ClusterChanging, ServerErrorTest,
    ::testing::Values(
        Row{write, "TableNotOperable: table t cannot be modified now as DDL operation is in progress", no_effect,
            cluster_changing},
        Row{write,
            "sbroad: invalid box: box error: ProcLua: [string \"src/vshard_helpers.lua\"]:6: no router found for tier "
            "'default'",
            no_effect, cluster_changing},
        Row{write, "sbroad: Failed to add a storage reference: box error: ProcLua: vshard/storage/ref.lua:350: attempt",
            no_effect, cluster_changing},
        Row{write,
            R"(sbroad: Failed to get replicaset from bucket 531: box error: ProcLua: {"bucket_id":531,"code":9})",
            no_effect, cluster_changing},
        Row{write,
            R"(sbroad: box error: ProcLua: {"bucket_id":1073,"code":9,"type":"ShardingError","message":"Bucket 1073 cannot be found. Is rebalancing in progress?","name":"NO_ROUTE_TO_BUCKET"})",
            no_effect, cluster_changing},
        Row{write, "sbroad: Bucket 531 cannot be found. Is rebalancing in progress?", no_effect, cluster_changing},
        Row{reading, "sbroad: _pico_bucket: Bucket 1 cannot be found. Is rebalancing in progress?", no_effect,
            cluster_changing},
        Row{write, "failed to connect to address 'h:3301': Connection refused (os error 111)", no_effect,
            unreachable_peer},
        Row{define, "raft: proposal dropped", no_effect, cluster_changing},
        Row{define, "leader is unknown yet", no_effect, cluster_changing},
        Row{define, "Not initialized yet", no_effect, cluster_changing},
        Row{define, "uninitialized yet", no_effect, cluster_changing},
        Row{define, "DDL in heterogeneous cluster is prohibited. Please update", no_effect, cluster_changing},
        Row{write, "Error on replicaset x: retry is required: DML was sent to the replica during master switchover",
            partial, cluster_changing},
        Row{write, "Error on replicaset x: Readonly: Can't modify data on a read-only instance", partial, read_only},
        Row{reading, "sbroad: proc_query_metadata call failed: io error: unexpected end of file", no_effect,
            unreachable_peer},
        Row{write, "sbroad: failed to add local bucket reference: box error: ProcLua: vshard error: duplicate ref",
            partial, cluster_changing},
        Row{reading, "box error: ProcLua: src/sql/dispatch.lua:364: attempt to concatenate local 'err_uuid'", no_effect,
            unreachable_peer},
        Row{write,
            "sbroad: invalid option: cannot satisfy \"forward = off\": buckets are not present on the current node, "
            "try using \"forward = ro_to_rw\" instead",
            no_effect, wrong_node},
        Row{write, "sbroad: invalid option: cannot satisfy \"forward = ro_to_rw\": buckets span multiple nodes",
            no_effect, invalid_statement}));

INSTANTIATE_TEST_SUITE_P(
    Rows, ServerErrorTest,
    ::testing::Values(
        Row{write, "server responded with error: TupleFound: Duplicate key exists in unique index", no_effect,
            duplicate_key},
        Row{write, "box error: TupleFound: Duplicate key exists in unique index", no_effect, duplicate_key},
        Row{write, "box error: FieldType: Tuple field 4 (n) type does not match: expected string, got nil", no_effect,
            not_null},
        Row{write, "box error: FieldType: Tuple field 4 (n) type does not match: expected unsigned, got integer",
            no_effect, type_mismatch},
        Row{write, "sbroad: box error: MemoryIssue: Failed to allocate 38 bytes in slab allocator", partial,
            out_of_space},
        Row{write, "sbroad: MemtxMaxTupleSize: Failed to allocate 1048600 bytes for tuple", partial, limit_exceeded},
        Row{write, "sbroad: Exceeded maximum number of rows (5000) in virtual table: 5001", partial, limit_exceeded},
        Row{reading, "sbroad: unexpected number of values: Exceeded maximum number of rows (1) in virtual table: 2",
            no_effect, limit_exceeded},
        Row{write, "sbroad: Reached a limit on max executed vdbe opcodes. Limit: 10", partial, limit_exceeded},
        Row{write, "sbroad: Type mismatch: can not convert string('a') to integer", partial, type_mismatch},
        Row{write, "sbroad: Query 1 from EXPLAIN (RAW): Type mismatch: can not convert string('a') to integer", partial,
            type_mismatch},
        Row{write, "sbroad: Failed to execute SQL statement: division by zero", partial, invalid_value},
        Row{reading, "encoding error: Invalid decimal: overflow from too many digits", no_effect, invalid_value},
        Row{reading, "sbroad: Invalid MsgPack - Invalid MP_UUID MsgPack format", no_effect, invalid_value},
        Row{write, "sbroad: Invalid MP_DATETIME MsgPack format", partial, invalid_value},
        Row{write, "box error: NoSuchSpace: no such space \"m1\"", partial, no_such_table}));

INSTANTIATE_TEST_SUITE_P(
    Refused, ServerErrorTest,
    ::testing::Values(Row{define, "sbroad: rule parsing error:  --> 1:1\n  |\n1 | SELEC\n", no_effect, syntax_error},
                      Row{write, "box error: AccessDenied: Write access to space 't' is denied for user 'u'", no_effect,
                          access_denied},
                      Row{define, "server responded with error: AccessDenied: Create access to space 't'", no_effect,
                          access_denied},
                      Row{define, "sbroad: invalid ACL: x", no_effect, access_denied},
                      Row{write, "Statement storage is full. Current size limit: 3.", no_effect, statement_store_full},
                      Row{write, "Portal storage is full. Current size limit: 3.", no_effect, statement_store_full},
                      Row{write, "Couldn't find portal 'c1'.", no_effect, invalid_statement},
                      Row{reading, "sbroad: table with name \"t\" not found", no_effect, no_such_table},
                      Row{write, "sbroad: space t not found", no_effect, no_such_table},
                      Row{define, "table t does not exist", no_effect, no_such_table},
                      Row{write, "sbroad: column with name \"c\" not found", no_effect, no_such_column},
                      Row{write, "sbroad: column c not found", no_effect, no_such_column},
                      Row{define, "column c does not exist", no_effect, no_such_column},
                      Row{define, "no field with name 'c'", no_effect, no_such_column},
                      Row{write, "sbroad: SQL function f not found", no_effect, no_such_object},
                      Row{write, "sbroad: invalid routine: routine p not found", no_effect, no_such_object},
                      Row{define, "specified tier 'nosuch' doesn't exist", no_effect, no_such_object},
                      Row{reading, "sbroad: _pico_bucket: tier 'nosuch' doesn't exist", no_effect, no_such_object},
                      Row{define, "Error while discovering manifest for plugin", no_effect, no_such_object},
                      Row{define, "PluginError: no such plugin `p`", no_effect, no_such_object},
                      Row{define, "index i does not exist", no_effect, no_such_object},
                      Row{define, "user u does not exist", no_effect, no_such_object},
                      Row{define, "role r does not exist", no_effect, no_such_object},
                      Row{define, "procedure p does not exist", no_effect, no_such_object},
                      Row{define, "prepared statement x does not exist.", no_effect, no_such_object},
                      Row{define, "table t already exists", no_effect, already_exists},
                      Row{define, "column c already exists", no_effect, already_exists},
                      Row{define, "index i already exists", no_effect, already_exists},
                      Row{define, "user u already exists", no_effect, already_exists},
                      Row{define, "role r already exists", no_effect, already_exists},
                      Row{define, "procedure p already exists", no_effect, already_exists},
                      Row{write, "Statement 's1' for client 8 already exists", no_effect, other, "42P05"}));

INSTANTIATE_TEST_SUITE_P(
    TypesAndValues, ServerErrorTest,
    ::testing::Values(
        Row{write, "sbroad: could not resolve operator overload for =(text, int)", no_effect, type_mismatch},
        Row{write, "sbroad: could not resolve function overload for f()", no_effect, type_mismatch},
        Row{write, "sbroad: could not determine data type of parameter $1", no_effect, type_mismatch},
        Row{write, "sbroad: inconsistent types text and int deduced for parameter $1", no_effect, type_mismatch},
        Row{write, "sbroad: INSERT column at position 2 is of type text, but expression is of type int", no_effect,
            type_mismatch},
        Row{write, "sbroad: failed to parse 'x' as a value of type int, consider using explicit type casts", no_effect,
            type_mismatch},
        Row{write, "sbroad: invalid column: NonNull column \"v\" must be specified", no_effect, not_null},
        Row{write, "sbroad: invalid query: value doesn't fit into integer range: 9223372036854775808", no_effect,
            invalid_value},
        Row{define, "invalid value for 'sql_motion_row_max'", no_effect, invalid_value},
        Row{define, "password is too short: expected at least 8, got 5", no_effect, invalid_value},
        Row{define, "invalid password: password should contain at least one uppercase letter", no_effect,
            invalid_value},
        Row{write, "failed to bind parameter $1: decoding error: 'abc' is not a valid int8", no_effect, invalid_value,
            "22P02"},
        Row{write, "failed to bind parameter $1: decoding error: binary data is not a valid int8", no_effect,
            invalid_value, "22P03"},
        Row{write, "failed to bind parameter $2: feature is not supported: cannot represent json in sbroad", no_effect,
            invalid_value, "0A000"},
        Row{write, "protocol violation: bind message supplies 1 parameters, but prepared statement \"\" requires 2",
            no_effect, invalid_statement, "08P01"}));

INSTANTIATE_TEST_SUITE_P(
    SenselessOrUnsupported, ServerErrorTest,
    ::testing::Values(
        Row{define, "sbroad: invalid column: Sharding key column nocol not found.", no_effect, invalid_statement},
        Row{write, "sbroad: invalid query: INSERT expects 2 columns, got 1", no_effect, invalid_statement},
        Row{reading, "sbroad: invalid expression: Reference current_user met under Values that is unsupported.",
            no_effect, invalid_statement},
        Row{write, "sbroad: invalid OptionSpec: read_preference option is supported only for DQL queries", no_effect,
            invalid_statement},
        Row{define, "sbroad: invalid primary key: Primary key must be declared.", no_effect, invalid_statement},
        Row{write, "sbroad: duplicated value: column a", no_effect, invalid_statement},
        Row{define, "several fields have the same name: id", no_effect, invalid_statement},
        Row{define, "unique index for the sharded table must include all columns", no_effect, invalid_statement},
        Row{write, "sbroad: failed to update column: system column bucket_id", no_effect, invalid_statement},
        Row{write, "sbroad: subquery must return only one column", no_effect, invalid_statement},
        Row{define, "unknown parameter: 'nosuch'", no_effect, invalid_statement},
        Row{define, "ddl operation was aborted: [instance name:i2] SpaceFieldIsDuplicate", no_effect,
            invalid_statement},
        Row{write, "sbroad: transaction queries have different buckets: [2426] and [1860]", no_effect,
            invalid_statement},
        Row{write, "sbroad: statement 1 (DML) and statement 2 (DML): different buckets: [2426] and [1860]", no_effect,
            invalid_statement},
        Row{write, "sbroad: transaction cannot be executed on all buckets", no_effect, invalid_statement},
        Row{write, "sbroad: QUERY statements must follow LET and RETURN QUERY statements", no_effect,
            invalid_statement},
        Row{write, "sbroad: cannot modify global table in a transaction", no_effect, invalid_statement},
        Row{define, "sbroad: unsupported query: global spaces can use only memtx engine", no_effect, unsupported},
        Row{write, "sbroad: unsupported type: x", no_effect, unsupported},
        Row{define, "sbroad: unsupported DDL: x", no_effect, unsupported},
        Row{reading, "sbroad: IN operator for rows is not supported", no_effect, unsupported},
        Row{write, "sbroad: ON CONFLICT DO UPDATE is supported only in transactional blocks", no_effect, unsupported},
        Row{reading, "explain for transactions not implemented", no_effect, unsupported},
        Row{write, "feature is not supported: parameter oid 99999", no_effect, unsupported, "0A000"},
        Row{write, "feature is not supported: float4 parameters", no_effect, unsupported, "0A000"},
        // the rows of a block were written, its result could not be sent
        Row{write, "feature is not supported: Ext(Decimal(1.5)) cannot be represented as a value of type Float8",
            partial, unsupported, "0A000"},
        Row{write, "syntax error at or near", no_effect, syntax_error, "42601"},
        Row{write, "something new", partial, other}, Row{define, "something new", unknown, other},
        Row{reading, "something new", no_effect, other}, Row{write, "", partial, other}));

// The wrapping decides for what a storage refuses: others may have applied their part.
TEST(ServerErrorForm, a_write_that_a_storage_refused_is_never_better_than_partial) {
    for (const ErrorText& text : error_texts()) {
        const std::string words = std::string{text.begin} + "x" + std::string{text.end};
        const ServerErrorClass found = executing(write, from_storage(words));

        EXPECT_EQ(found.effect, text.told == Told::in_doubt ? unknown : partial) << words;
        EXPECT_FALSE(found.stale) << words;
        // JSON escapes them; the storages have no such text.
        if (words.find('"') == std::string::npos) {
            EXPECT_EQ(found.condition, text.condition) << words;
        }
    }
}

TEST(ServerErrorForm, a_read_that_a_storage_refused_as_stale_is_sent_again) {
    EXPECT_TRUE(executing(reading, from_storage("storage schema version different from router")).stale);
    EXPECT_FALSE(executing(write, from_storage("storage schema version different from router")).stale);
    EXPECT_FALSE(executing(define, from_storage("storage schema version different from router")).stale);
}

TEST(ServerErrorForm, a_write_that_its_own_node_rolled_back_left_nothing) {
    for (const char* words : {"TupleFound: Duplicate key exists in unique index \"1042_pkey\"",
                              "box error: Readonly: Can't modify data on a read-only instance",
                              "box error: MemoryIssue: Failed to allocate 38 bytes", "something new"}) {
        EXPECT_EQ(executing(write, rolled_back(words)).effect, no_effect) << words;
        EXPECT_EQ(executing(write, from_storage(rolled_back(words).substr(8))).effect, partial) << words;
    }
    EXPECT_EQ(executing(write, rolled_back("TupleFound: Duplicate key exists")).condition, duplicate_key);
    EXPECT_EQ(executing(write, rolled_back("box error: MemoryIssue: x")).condition, out_of_space);
}

TEST(ServerErrorForm, one_query_of_several_says_nothing_about_the_others) {
    EXPECT_EQ(executing(write, "sbroad: Query 2 from EXPLAIN (RAW): invalid query: x").effect, partial);
    EXPECT_FALSE(
        executing(write, "sbroad: Query 2 from EXPLAIN (RAW): storage schema version different from router").stale);
}

TEST(ServerErrorForm, what_is_refused_at_parse_was_not_executed) {
    for (const StatementKind kind : {write, define, reading}) {
        for (const std::string& text : {std::string{"something new"}, std::string{"Peer closed"},
                                        from_storage("Type mismatch: x"), from_storage("Timeout exceeded")}) {
            EXPECT_EQ(classify(kind, RefusedAt::parse, "XX000", text).effect, no_effect) << text;
        }
    }
}

TEST(ServerErrorForm, a_full_store_of_statements_can_be_helped_and_one_of_portals_cannot) {
    EXPECT_TRUE(executing(write, "Statement storage is full. Current size limit: 3.").store_full);
    EXPECT_TRUE(classify(write, RefusedAt::parse, "XX000", "Statement storage is full. Current").store_full);
    EXPECT_FALSE(executing(write, "Portal storage is full. Current size limit: 3.").store_full);
    EXPECT_FALSE(executing(write, from_storage("Statement storage is full")).store_full);
}

}  // namespace
}  // namespace picoxx
