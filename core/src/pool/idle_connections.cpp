#include "pool/idle_connections.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace picoxx {

void IdleConnections::put(std::unique_ptr<Connection> connection) {
    Stack& stack = of(connection->face());
    if (stack.empty() || stack.back()->last_used() <= connection->last_used()) {
        stack.push_back(std::move(connection));
        return;
    }
    auto place = stack.end();
    while (place != stack.begin() && (*std::prev(place))->last_used() > connection->last_used()) --place;
    stack.insert(place, std::move(connection));
}

void IdleConnections::reserve(std::size_t size) {
    for (Stack& stack : stacks_) {
        if (stack.capacity() < size) stack.reserve(std::max(size, 2 * stack.capacity()));
    }
}

std::unique_ptr<Connection> IdleConnections::take(Face face) noexcept {
    Stack* stack = &of(face);
    if (stack->empty()) stack = &of(face == Face::synchronous ? Face::asynchronous : Face::synchronous);
    std::unique_ptr<Connection> connection = std::move(stack->back());
    stack->pop_back();
    return connection;
}

std::unique_ptr<Connection> IdleConnections::take_oldest() noexcept {
    auto& [one, other] = stacks_;
    const bool first = other.empty() || (!one.empty() && one.front()->last_used() <= other.front()->last_used());
    Stack& stack = first ? one : other;
    std::unique_ptr<Connection> connection = std::move(stack.front());
    stack.erase(stack.begin());
    return connection;
}

void IdleConnections::take_unused_since(TimePoint before, std::vector<std::unique_ptr<Connection>>& taken) {
    for (Stack& stack : stacks_) {
        auto kept = stack.begin();
        while (kept != stack.end() && (*kept)->last_used() <= before) ++kept;
        taken.insert(taken.end(), std::make_move_iterator(stack.begin()), std::make_move_iterator(kept));
        stack.erase(stack.begin(), kept);
    }
}

}  // namespace picoxx
