#pragma once

#include "session/connection.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace picoxx {

/// Connections that are destroyed with it, which is I/O and so is done outside of the client's lock. Needs no memory of
/// its own.
class Discarded {
public:
    Discarded() = default;
    Discarded(Discarded&& other) noexcept : first_{std::move(other.first_)}, size_{std::exchange(other.size_, 0)} {}
    Discarded& operator=(Discarded&& other) noexcept {
        std::swap(first_, other.first_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Discarded() {
        while (first_ != nullptr) first_ = first_->take_next();  // one by one: a chain could be too deep for the stack
    }

    void add(std::unique_ptr<Connection> connection) noexcept {
        connection->set_next(std::move(first_));
        first_ = std::move(connection);
        ++size_;
    }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    std::unique_ptr<Connection> first_;
    std::size_t size_ = 0;
};

}  // namespace picoxx
