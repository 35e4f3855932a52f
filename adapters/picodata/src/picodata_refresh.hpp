#pragma once

#include "denied_users.hpp"

#include <picoxx/port/discovery_source.hpp>
#include <picoxx/port/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace picoxx {

/// One refresh of one client: the questions to a node and their answers. Owns itself: whatever happens, a question
/// ends, and the last one ends the refresh.
class PicodataRefresh final : private ResponseSink {
public:
    /// Ends with `context.publish` or `context.fail`.
    static void start(DiscoveryContext& context, std::shared_ptr<DeniedUsers> denied) noexcept;

private:
    enum class Question : std::uint8_t { identity, full_topology, reduced_topology };

    PicodataRefresh(DiscoveryContext& context, std::shared_ptr<DeniedUsers> denied) noexcept
        : context_{context}, denied_{std::move(denied)} {}

    // Each of these may end the refresh, and this object with it: nothing comes after them.
    void ask(Question question) noexcept;
    void ask_topology() noexcept;
    void end(Result<Topology> topology) noexcept;

    void on_notice(const Notice&) noexcept override {}
    void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
    Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
    void on_result(std::unique_ptr<RowBlock> rows, const CommandTag&) noexcept override;
    void on_error(Error error) noexcept override;

    DiscoveryContext& context_;
    std::shared_ptr<DeniedUsers> denied_;
    Question question_ = Question::identity;
    std::string answered_by_;
};

}  // namespace picoxx
