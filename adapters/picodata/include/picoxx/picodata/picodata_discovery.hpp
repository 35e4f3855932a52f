#pragma once

#include <picoxx/port/discovery_source.hpp>

#include <memory>

namespace picoxx {

class DeniedUsers;

/// Learns the nodes of a Picodata cluster from its system tables.
///
/// One refresh asks the node who it is (`pico_instance_uuid()`, 25.5.1 or newer; not knowing it is no error) and then
/// for the instances, with replicasets, masters and tiers. An ordinary user may read only `_pico_instance` and
/// `_pico_peer_address` (measured on 25.6): once a node denied a user the full query and not those two, it is asked for
/// only them by that user, for good; roles are unknown then.
///
/// A node is usable if its current and its target state are Online; current Online alone is draining; anything else is
/// unusable. Expelled instances are left out: their rows stay in the tables for ever. Instances are told apart by uuid,
/// never by name or address. A host of `0.0.0.0` or none stands for the host by which the answering node was reached;
/// of any other node it is of no use, so that node is unusable.
///
/// Errors: what the server or the connection reports; `discovery_failed` where the answer makes no sense or names no
/// instance.
class PicodataDiscovery final : public DiscoverySource {
public:
    PicodataDiscovery();
    void refresh(DiscoveryContext& context) noexcept override;

private:
    std::shared_ptr<DeniedUsers> denied_;  // shared with the refreshes under way, which may outlive the source
};

/// Never null.
[[nodiscard]] std::shared_ptr<DiscoverySource> picodata_discovery();

}  // namespace picoxx
