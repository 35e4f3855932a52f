#pragma once

#include "routing_knowledge.hpp"

#include <picoxx/port/discovery_source.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {

/// One refresh of a router: asks for the maps that are due, and has some executions explained. Owns itself: whatever
/// happens, a question ends, and the last one ends the refresh.
class RouterRefresh final : private ResponseSink {
public:
    /// Ends with `context.publish` or `context.fail`.
    static void start(DiscoveryContext& context, std::shared_ptr<RoutingKnowledge> knowledge) noexcept;
    ~RouterRefresh();

private:
    enum class Stage : std::uint8_t { maps, buckets, explanation };

    RouterRefresh(DiscoveryContext& context, std::shared_ptr<RoutingKnowledge> knowledge) noexcept
        : context_{context}, knowledge_{std::move(knowledge)} {}

    // Each of these may end the refresh, and this object with it: nothing comes after them.
    void ask_for_map() noexcept;
    void ask_to_explain() noexcept;
    void explain(Stage stage) noexcept;
    void end(Error error) noexcept;
    template <class Action>
    void go_on(Action&& action) noexcept;

    void read_map(const RowBlock* rows);
    void read_explanation(const RowBlock* rows);

    void on_notice(const Notice&) noexcept override {}
    void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
    Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
    void on_result(std::unique_ptr<RowBlock> rows, const CommandTag&) noexcept override;
    void on_error(Error error) noexcept override;

    DiscoveryContext& context_;
    std::shared_ptr<RoutingKnowledge> knowledge_;
    Stage stage_ = Stage::maps;
    std::vector<std::string> tiers_;
    std::size_t next_tier_ = 0;
    std::vector<BucketMap> maps_;
    std::optional<RoutingQuestion> question_;
    bool was_refused_ = false;  // by (BUCKETS)
    std::string sql_;           // of the question under way
};

}  // namespace picoxx
