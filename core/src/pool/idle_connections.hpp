#pragma once

#include "session/connection.hpp"

#include <picoxx/port/time.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
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
    /// The use that `take_oldest` would end the wait of. @pre !empty()
    [[nodiscard]] TimePoint oldest_use() const noexcept;
    /// One that `is_over` says yes to; null where there is none. O(size).
    template <class Predicate>
    [[nodiscard]] std::unique_ptr<Connection> take_one_that(const Predicate& is_over) noexcept {
        for (Stack& stack : stacks_) {
            const auto found = std::find_if(stack.begin(), stack.end(),
                                            [&](const auto& connection) { return is_over(*connection); });
            if (found == stack.end()) continue;
            std::unique_ptr<Connection> connection = std::move(*found);
            stack.erase(found);
            --size_;
            return connection;
        }
        return nullptr;
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
