// Connections in time: how long they live, how long they lie idle, how many are kept ready.
#include "pool/engine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx {

bool Engine::keep_to_times(std::size_t& dials_left, TimePoint now) {
    if (closed_) return false;
    pass(now);
    const std::size_t before = open_;
    for (const auto& node : nodes_) drop_those_over(*node);
    if (limits_.idle_time != Duration::max()) drop_unused(state_.now - limits_.idle_time);
    if (open_ < before) serve_waiters();
    if (idle_ >= limits_.min_idle) return false;

    const auto coming = [&] { return idle_ + connecting_ - slow_dials(); };
    while (dials_left > 0 && coming() < limits_.min_idle && open_ahead(Ahead::as_wished, now)) --dials_left;
    if (connecting_ == slow_dials() && stale_) rebuild_candidates();  // it is the turn of the nodes whose dials failed
    return dials_left > 0 && connecting_ > 0 && coming() < limits_.min_idle;
}

void Engine::renew(TimePoint now) {
    pass(now);
    ++generation_;
    for (const auto& node : nodes_) {
        ++node->generation;
        drop_those_over(*node);
    }
    serve_waiters();
}

TimePoint Engine::end_of_life(TimePoint now) noexcept {
    if (limits_.max_lifetime == Duration::max()) return no_deadline;
    const std::int64_t quarter = std::max<std::int64_t>(limits_.max_lifetime.count() / 4, 1);
    const auto less = static_cast<std::int64_t>(next_random() % static_cast<std::uint64_t>(quarter));
    return later(now, limits_.max_lifetime - Duration{less});
}

// It was made at a seed, where the strategy had little choice. The next one is made where the strategy wants it, if
// there are other nodes that take connections: a pool that is smaller than the cluster would else stay at its seed.
void Engine::goes_soon(Connection& connection) noexcept {
    constexpr Duration soonest = std::chrono::seconds{1}, latest = std::chrono::seconds{10};
    const bool others_serve = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        const bool dialable = !node->is_failing() && node->unattended == 0;
        return node.get() != &connection.node() && dialable && standing(*node, state_, Level::healthy) != Standing::out;
    });
    if (!others_serve) return;
    const auto more = static_cast<std::int64_t>(next_random() % static_cast<std::uint64_t>((latest - soonest).count()));
    const TimePoint end = later(state_.now, soonest + Duration{more});
    connection.lives_until(std::min(connection.end_of_life(), end), connection.generation());
}

void Engine::drop_those_over(PoolNode& node) {
    std::vector<std::unique_ptr<Connection>> over;
    node.idle.take_those([&](const Connection& connection) { return is_over(connection); }, over);
    for (auto& connection : over) {
        const std::string_view why = is_of_the_past(*connection) ? of_the_past : life_time_over;
        drop_one(std::move(connection), why);
    }
    if (!over.empty()) changed(node);
}

// Of one node those that were not used for longest go first.
void Engine::drop_unused(TimePoint before) {
    for (const auto& node : nodes_) {
        if (idle_ <= limits_.min_idle) return;
        std::vector<std::unique_ptr<Connection>> unused;
        node->idle.take_unused_since(before, unused);
        if (unused.empty()) continue;
        const std::size_t too_many = std::min(unused.size(), idle_ - limits_.min_idle);
        for (std::size_t i = 0; i < unused.size(); ++i) {
            if (i < too_many) {
                drop_one(std::move(unused[i]), idle_for_too_long);
            } else {
                node->idle.put(std::move(unused[i]));
            }
        }
        changed(*node);
    }
}

}  // namespace picoxx
