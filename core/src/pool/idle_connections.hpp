#pragma once

#include "session/connection.hpp"

#include <picoxx/port/time.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace picoxx {

/// The connections of one node that nobody uses: for each face those it used last, each in the order of their last use.
class IdleConnections {
public:
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// So many are put without memory being allocated.
    void reserve(std::size_t size);
    /// O(1) for one that was just used.
    [[gnu::always_inline]] void put(std::unique_ptr<Connection> connection) {
        Stack& stack = of(connection->face());
        ++size_;
        if (stack.empty() || stack.back()->last_used() <= connection->last_used()) {
            stack.push_back(std::move(connection));
        } else {
            put_in_order(stack, std::move(connection));
        }
    }
    /// The most recently used one of this face, else of the other. O(1). @pre !empty()
    [[nodiscard]] std::unique_ptr<Connection> take(Face face) noexcept {
        Stack* stack = &of(face);
        if (stack->empty()) stack = &of(face == Face::synchronous ? Face::asynchronous : Face::synchronous);
        std::unique_ptr<Connection> connection = std::move(stack->back());
        stack->pop_back();
        --size_;
        return connection;
    }
    /// The one that was not used for longest. O(size). @pre !empty()
    [[nodiscard]] std::unique_ptr<Connection> take_oldest() noexcept;
    /// Appends those that `is_over` says yes to to `taken`. O(size).
    template <class Predicate>
    void take_those(const Predicate& is_over, std::vector<std::unique_ptr<Connection>>& taken) {
        for (Stack& stack : stacks_) {
            const auto stays = [&](const auto& connection) { return !is_over(*connection); };
            if (std::all_of(stack.begin(), stack.end(), stays)) continue;  // as nearly always; no memory is needed
            const auto over = std::stable_partition(stack.begin(), stack.end(), stays);
            size_ -= static_cast<std::size_t>(stack.end() - over);
            taken.insert(taken.end(), std::make_move_iterator(over), std::make_move_iterator(stack.end()));
            stack.erase(over, stack.end());
        }
    }
    /// Appends those that were not used since `before` to `taken`. O(size).
    void take_unused_since(TimePoint before, std::vector<std::unique_ptr<Connection>>& taken);

private:
    using Stack = std::vector<std::unique_ptr<Connection>>;
    [[nodiscard]] Stack& of(Face face) noexcept { return stacks_[static_cast<std::size_t>(face)]; }
    static void put_in_order(Stack& stack, std::unique_ptr<Connection> connection);

    std::array<Stack, 2> stacks_;
    std::size_t size_ = 0;
};

}  // namespace picoxx
