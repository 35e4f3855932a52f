#pragma once

#include <picoxx/port/discovery_source.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace picoxx {

/// Learns the nodes of a Picodata cluster from its system tables.
///
/// One refresh asks the node who it is (`pico_instance_uuid()`, 25.5.1 or newer; not knowing it is no error) and then for the
/// instances, with replicasets, masters and tiers. An ordinary user may read only `_pico_instance` and `_pico_peer_address`
/// (measured on 25.6): once the full query was denied and those two were not, only they are asked, for good; roles are
/// unknown then.
///
/// A node is usable if its current and its target state are Online; current Online alone is draining; anything else is unusable.
/// Expelled instances are left out: their rows stay in the tables for ever. Instances are told apart by uuid, never by name or
/// address. A host of `0.0.0.0` or none stands for the host by which the answering node was reached; of any other node it is of no
/// use, so that node is unusable.
///
/// Errors: what the server or the connection reports; `discovery_failed` where the answer makes no sense or names no instance.
/// Thread safety: as DiscoverySource says, one refresh at a time.
class PicodataDiscovery final : public DiscoverySource, private ResponseSink {
public:
    void refresh(DiscoveryContext& context) noexcept override;

private:
    enum class Question : std::uint8_t { identity, full_topology, reduced_topology };

    void ask(Question question) noexcept;
    void ask_topology() noexcept;
    void finish() noexcept;

    void on_notice(const Notice&) noexcept override {}
    void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
    Flow on_rows(std::unique_ptr<RowBlock> block) noexcept override;
    void on_complete(const CommandTag&) noexcept override;
    void on_error(Error error) noexcept override;

    DiscoveryContext* context_ = nullptr;
    Question question_ = Question::identity;
    std::string answered_by_;
    std::vector<std::unique_ptr<RowBlock>> blocks_;
    bool full_query_denied_ = false;
};

/// Never null.
[[nodiscard]] std::shared_ptr<DiscoverySource> picodata_discovery();

}  // namespace picoxx
