#pragma once

#include <picoxx/port/command.hpp>
#include <picoxx/port/response_sink.hpp>

#include <cstddef>
#include <vector>

namespace picoxx::libpq {

/// What is remembered of a command until it is answered.
struct PendingCommand {
    ResponseSink* sink = nullptr;
    Command::Kind kind = Command::Kind::execute;
    Command::Delivery delivery = Command::Delivery::whole;
    Command::Sync sync = Command::Sync::after;
    Command::Describe describe = Command::Describe::no;
};

/// Unanswered commands, oldest first. Keeps its capacity (std::deque allocates now and then for ever).
class CommandQueue {
public:
    [[nodiscard]] bool empty() const noexcept { return head_ == commands_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return commands_.size() - head_; }

    /// @pre !empty()
    [[nodiscard]] const PendingCommand& front() const noexcept { return commands_[head_]; }
    /// The one pushed last.
    /// @pre !empty()
    [[nodiscard]] PendingCommand& back() noexcept { return commands_.back(); }

    /// Throws std::bad_alloc.
    void push(const PendingCommand& command) {
        // Moving up pays only where it frees much; otherwise the queue grows.
        if (head_ > commands_.size() / 2 && commands_.size() == commands_.capacity()) {
            commands_.erase(commands_.begin(), commands_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
        commands_.push_back(command);
    }

    /// @pre !empty()
    void pop_front() noexcept {
        if (++head_ == commands_.size()) {
            commands_.clear();
            head_ = 0;
        }
    }

    /// Takes back the last `push`.
    /// @pre !empty()
    void pop_back() noexcept { commands_.pop_back(); }

private:
    std::vector<PendingCommand> commands_;
    std::size_t head_ = 0;
};

}  // namespace picoxx::libpq
