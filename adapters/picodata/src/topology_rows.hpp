#pragma once

#include <picoxx/port/c_string_view.hpp>
#include <picoxx/port/endpoint.hpp>
#include <picoxx/port/result.hpp>
#include <picoxx/port/row_block.hpp>
#include <picoxx/port/topology.hpp>

#include <string>

namespace picoxx {

// Columns are named, never `*`: their number differs between versions. `target_state_reason` is left alone: it may hold
// user data (measured). A row per instance that has a pgproto address.

/// All there is to know; needs READ on four tables.
inline constexpr CStringView full_topology_query =
    "SELECT i.uuid, i.name, a.address, i.tier, i.replicaset_uuid, i.replicaset_name, i.current_state, i.target_state, "
    "i.failure_domain, i.picodata_version, r.current_master_name, r.target_master_name, t.bucket_count "
    "FROM _pico_peer_address AS a JOIN _pico_instance AS i ON a.raft_id = i.raft_id "
    "LEFT JOIN _pico_replicaset AS r ON r.name = i.replicaset_name "
    "LEFT JOIN _pico_tier AS t ON t.name = i.tier "
    "WHERE a.connection_type = 'pgproto'";

/// What every user may read.
inline constexpr CStringView reduced_topology_query =
    "SELECT i.uuid, i.name, a.address, i.tier, i.replicaset_uuid, i.replicaset_name, i.current_state, i.target_state, "
    "i.failure_domain, i.picodata_version "
    "FROM _pico_peer_address AS a JOIN _pico_instance AS i ON a.raft_id = i.raft_id "
    "WHERE a.connection_type = 'pgproto'";

/// Makes a topology of the rows of either query, null where there was no result. `answered_by` may be empty; `reached`
/// is where it was asked.
/// @return `discovery_failed` where the rows are not what was asked for, or name no instance
[[nodiscard]] Result<Topology> read_topology(const RowBlock* rows, std::string answered_by, const Endpoint& reached);

}  // namespace picoxx
