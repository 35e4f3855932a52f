#include "pool/idle_connections.hpp"

#include <algorithm>
#include <iterator>

namespace picoxx {

void IdleConnections::reserve(std::size_t size) {
    for (Stack& stack : stacks_) {
        if (stack.capacity() < size) stack.reserve(std::max(size, 2 * stack.capacity()));
    }
}

void IdleConnections::put_in_order(Stack& stack, std::unique_ptr<Connection> connection) {
    const auto place = std::upper_bound(
        stack.begin(), stack.end(), connection->last_used(),
        [](TimePoint used, const std::unique_ptr<Connection>& other) { return used < other->last_used(); });
    stack.insert(place, std::move(connection));
}

std::unique_ptr<Connection> IdleConnections::take_oldest() noexcept {
    auto& [one, other] = stacks_;
    const bool first = other.empty() || (!one.empty() && one.front()->last_used() <= other.front()->last_used());
    Stack& stack = first ? one : other;
    std::unique_ptr<Connection> connection = std::move(stack.front());
    stack.erase(stack.begin());
    --size_;
    return connection;
}

void IdleConnections::take_unused_since(TimePoint before, std::vector<std::unique_ptr<Connection>>& taken) {
    for (Stack& stack : stacks_) {
        auto kept = stack.begin();
        while (kept != stack.end() && (*kept)->last_used() <= before) ++kept;
        size_ -= static_cast<std::size_t>(kept - stack.begin());
        taken.insert(taken.end(), std::make_move_iterator(stack.begin()), std::make_move_iterator(kept));
        stack.erase(stack.begin(), kept);
    }
}

}  // namespace picoxx
