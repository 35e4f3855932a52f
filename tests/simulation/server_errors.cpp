#include "server_errors.hpp"

#include <array>

namespace picoxx::simulation {
namespace {

using enum Applied;

// What each left behind was measured (docs/errors.md), and is written down here once more, since the client's own table
// is what is put to the test. Quoted data imitates other errors.
constexpr std::array cases{
    ServerErrorCase{"42601", "sbroad: rule parsing error: --> 1:7", no},
    ServerErrorCase{"22P02", "failed to bind parameter $1: 'Timeout exceeded'", no},
    ServerErrorCase{"XX000", "sbroad: TableNotOperable: ddl_operation on table 512 is in progress", no},
    ServerErrorCase{"XX000", "raft: proposal dropped", no},
    ServerErrorCase{"XX000", "sbroad: Bucket 12 cannot be found. Is rebalancing in progress?", no},
    ServerErrorCase{"XX000",
                    "sbroad: invalid transaction: transaction rolled-back: failed to insert space: TupleFound: "
                    "Duplicate key exists in unique index \"pk\" in space \"t\"",
                    no},
    ServerErrorCase{"XX000", "Portal storage is full. Size limit: 100000", no},
    ServerErrorCase{"XX000", "table with name \"Timeout exceeded\" not found", no},

    ServerErrorCase{"XX000", "sbroad: box error: Timeout exceeded", maybe},
    ServerErrorCase{"XX000", "sbroad: Peer closed", maybe},
    ServerErrorCase{"XX000", "Object is outdated after module reload", maybe},
    ServerErrorCase{"XX000", "sbroad: ddl operation committed, but failed to receive acknowledgements", maybe},
    ServerErrorCase{"XX000", "sbroad: retry is required: bucket 'raft: proposal dropped'", maybe},
    ServerErrorCase{"XX000", "Readonly: Can't modify data on a read-only instance", maybe},
    ServerErrorCase{"XX000", "MemoryIssue: Failed to allocate 'Statement storage is full'", maybe},
    ServerErrorCase{"XX000", "something that nobody has seen: raft: proposal dropped", maybe},
    ServerErrorCase{"0A000", "feature is not supported: a value of the result", maybe},
    ServerErrorCase{
        "XX000",
        "sbroad: box error: ProcLua: {\"code\":0,\"type\":\"LuajitError\",\"message\":\"Error on replicaset "
        "rs-2: Failed to execute '.proc_sql_execute': sbroad: TupleFound: Duplicate key exists\"}",
        maybe},
    ServerErrorCase{"XX000",
                    "sbroad: box error: ProcLua: {\"message\":\"Error on replicaset rs-1: sbroad: storage schema "
                    "version different from router 2, 1\"}",
                    maybe},
};

}  // namespace

const ServerErrorCase& any_server_error(World& world) noexcept { return cases[world.below(cases.size())]; }

}  // namespace picoxx::simulation
