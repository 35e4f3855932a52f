// What follows from a server's error: a test for each row, with the texts as they were measured on Picodata 25.6 and 26.1.
#include "sql/server_error.hpp"

#include <gtest/gtest.h>

#include <string>

namespace picoxx {
namespace {

struct Row {
    const char* name;
    StatementKind kind;
    const char* sqlstate;
    const char* text;
    Effect effect;
    bool stale = false;
};

class ServerErrorTest : public ::testing::TestWithParam<Row> {};

TEST_P(ServerErrorTest, has_the_effect_that_was_measured) {
    const ServerErrorClass found = classify(GetParam().kind, GetParam().sqlstate, GetParam().text);

    EXPECT_EQ(found.effect, GetParam().effect);
    EXPECT_EQ(found.stale_statement, GetParam().stale);
}

constexpr auto write = StatementKind::write;
constexpr auto define = StatementKind::define;
constexpr auto reading = StatementKind::read;

INSTANTIATE_TEST_SUITE_P(
    table, ServerErrorTest,
    ::testing::Values(
        // stale statements
        Row{"invalidated", write, "42999", "prepared statement q1 has been invalidated", Effect::none, true},
        Row{"invalidated_by_text", write, "XX000", "prepared statement  has been invalidated", Effect::none, true},
        Row{"schema_version_wrapped", write, "XX000",
            R"(sbroad: box error: ProcLua: {"code":32,"message":"Error on replicaset x: Failed to execute '.proc_sql_execute': sbroad: storage schema version different from router"})",
            Effect::none, true},
        Row{"schema_version_plain_26_1", write, "XX000", "sbroad: storage schema version different from router",
            Effect::none, true},
        Row{"dropped_and_created", write, "XX000", "sbroad: space metadata for table: 1042 not found", Effect::none,
            true},
        Row{"unknown_statement", write, "XX000", "Couldn't find statement 's1'.", Effect::none, true},
        Row{"unknown_statement_postgresql", write, "26000", "prepared statement \"s1\" does not exist", Effect::none,
            true},
        Row{"cached_plan_postgresql", reading, "0A000", "cached plan must not change result type", Effect::none, true},
        // in doubt
        Row{"peer_closed", write, "XX000", "Error on replicaset x: Peer closed", Effect::unknown},
        Row{"leader_died", write, "XX000", "io error: unexpected end of file", Effect::unknown},
        Row{"timeout_exceeded", write, "XX000", "sbroad: box error: Timeout exceeded", Effect::unknown},
        Row{"dql_timeout", write, "XX000", "dql timeout exceeded", Effect::unknown},
        Row{"ddl_timeout", define, "XX000", "Timeout: timeout", Effect::unknown},
        Row{"ddl_unacknowledged", define, "XX000",
            "ddl operation committed, but failed to receive acknowledgements from all instances", Effect::unknown},
        // the cluster was changing: never applied
        Row{"outdated", write, "XX000", "Object is outdated after module reload/reconfigure. Use new instance.",
            Effect::none},
        Row{"read_only", write, "XX000",
            "sbroad: invalid transaction: transaction rolled-back: failed to insert space: box error: Readonly: Can't "
            "modify data on a read-only instance - box.cfg.read_only is true",
            Effect::none},
        Row{"no_router", write, "XX000", "sbroad: invalid box: box error: ProcLua: no router found for tier 'default'",
            Effect::none},
        Row{"storage_reference", write, "XX000", "Failed to add a storage reference: attempt to index local 'sched'",
            Effect::none},
        Row{"no_route", write, "XX000", R"({"bucket_id":1073,"code":9,"name":"NO_ROUTE_TO_BUCKET"})", Effect::none},
        Row{"bucket_not_found", write, "XX000", "sbroad: Bucket 531 cannot be found. Is rebalancing in progress?",
            Effect::none},
        Row{"leader_refuses", write, "XX000",
            "failed to connect to address 'h:3301': Connection refused (os error 111)", Effect::none},
        Row{"proposal_dropped", define, "XX000", "raft: proposal dropped", Effect::none},
        Row{"table_not_operable", write, "XX000",
            "TableNotOperable: table t cannot be modified now as DDL operation is in progress", Effect::none},
        Row{"plan_query_26_1", write, "XX000",
            "sbroad: proc_query_metadata call failed: io error: unexpected end of file", Effect::none},
        // refused before execution
        Row{"syntax", define, "XX000", "sbroad: rule parsing error:  --> 1:1", Effect::none},
        Row{"denied", write, "XX000", "box error: AccessDenied: Write access to space 't' is denied for user 'u'",
            Effect::none},
        Row{"statement_store", write, "XX000", "Statement storage is full. Current size limit: 3.", Effect::none},
        Row{"portal_store", write, "XX000", "Portal storage is full. Current size limit: 3.", Effect::none},
        Row{"unknown_table", write, "XX000", "sbroad: space t not found", Effect::none},
        Row{"unknown_column", write, "XX000", "sbroad: column with name \"c\" not found", Effect::none},
        Row{"unknown_function", reading, "XX000", "sbroad: SQL function f not found", Effect::none},
        Row{"operator", write, "XX000", "sbroad: could not resolve operator overload for =(text, int)", Effect::none},
        Row{"column_count", write, "XX000", "sbroad: invalid query: INSERT expects 2 columns, got 1", Effect::none},
        Row{"column_type", write, "XX000",
            "sbroad: INSERT column at position 2 is of type text, but expression is of type int", Effect::none},
        Row{"not_null_by_name", write, "XX000", "sbroad: invalid column: NonNull column \"v\" must be specified",
            Effect::none},
        Row{"exists", define, "XX000", "table t already exists", Effect::none},
        Row{"does_not_exist", define, "XX000", "table t does not exist", Effect::none},
        Row{"no_such_tier", define, "XX000", "specified tier 'nosuch' doesn't exist", Effect::none},
        Row{"ddl_aborted", define, "XX000", "ddl operation was aborted: [instance name:i2] SpaceFieldIsDuplicate",
            Effect::none},
        Row{"bad_value", write, "22P02", "failed to bind parameter $1: decoding error: 'abc' is not a valid int8",
            Effect::none},
        Row{"bad_binary", write, "22P03", "failed to bind parameter $1", Effect::none},
        Row{"parameter_count", write, "08P01", "protocol violation: bind message supplies 1 parameters", Effect::none},
        Row{"parameter_type", write, "0A000", "feature is not supported: float4 parameters", Effect::none},
        Row{"duplicate_statement", write, "42P05", "Statement 's1' for client 8 already exists", Effect::none},
        Row{"syntax_postgresql", write, "42601", "syntax error at or near", Effect::none},
        // a write to a global table is all or nothing
        Row{"duplicate_key_global", write, "XX000", "server responded with error: TupleFound: Duplicate key exists",
            Effect::none},
        // what no row names
        Row{"duplicate_key_sharded", write, "XX000",
            "sbroad: box error: ProcLua: TupleFound: Duplicate key exists in unique index", Effect::partial},
        Row{"quoted_data_decides_nothing", write, "XX000",
            "sbroad: TupleFound: Duplicate key exists in space \"t\" with old tuple - [1, \"already exists, has been "
            "invalidated\"]",
            Effect::partial},
        Row{"row_limit_in_dml", write, "XX000", "sbroad: Exceeded maximum number of rows (5000) in virtual table: 5001",
            Effect::partial},
        Row{"row_limit_in_select", reading, "XX000",
            "sbroad: Exceeded maximum number of rows (5000) in virtual table: 5001", Effect::none},
        Row{"unknown_ddl_error", define, "XX000", "something new", Effect::unknown}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace picoxx
