#pragma once

#include "session/connection.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace picoxx {

/// Connections of which something is to be done outside of the client's lock; those left are destroyed with it, which
/// is I/O, too. Needs no memory of its own.
class ConnectionChain {
public:
    ConnectionChain() = default;
    ConnectionChain(ConnectionChain&& other) noexcept
        : first_{std::move(other.first_)}, size_{std::exchange(other.size_, 0)} {}
    ConnectionChain& operator=(ConnectionChain&& other) noexcept {
        std::swap(first_, other.first_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~ConnectionChain() {
        while (first_ != nullptr) static_cast<void>(take());  // one by one: it could be too deep for the stack
    }

    void add(std::unique_ptr<Connection> connection) noexcept {
        connection->set_next(std::move(first_));
        first_ = std::move(connection);
        ++size_;
    }
    /// The one that was added last. @pre !empty()
    [[nodiscard]] std::unique_ptr<Connection> take() noexcept {
        --size_;
        return std::exchange(first_, first_->take_next());
    }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    std::unique_ptr<Connection> first_;
    std::size_t size_ = 0;
};

}  // namespace picoxx
