#pragma once

#include "pool/acquisition.hpp"

#include <cstddef>

namespace picoxx {

/// The calls that wait, first come first. The requests are the links: nothing is allocated, and each function is O(1).
class WaitingList {
public:
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Null where nobody waits.
    [[nodiscard]] AcquireRequest* first() const noexcept { return first_; }
    [[nodiscard]] static AcquireRequest* after(const AcquireRequest& request) noexcept { return request.after_; }

    /// @pre the request is not queued
    void push_back(AcquireRequest& request) noexcept;
    /// @pre the request is queued
    void remove(AcquireRequest& request) noexcept;

private:
    AcquireRequest* first_ = nullptr;
    AcquireRequest* last_ = nullptr;
    std::size_t size_ = 0;
};

/// Who waits, and for what.
struct Queues {
    WaitingList waiting;     ///< For any connection, or for a place.
    WaitingList dialling;    ///< For a connection, if one comes before they have made their own.
    WaitingList wishing;     ///< For a moment, for a connection to the owner.
    std::size_t queued = 0;  ///< In the three.

    [[nodiscard]] WaitingList& of(const AcquireRequest& request) noexcept {
        return request.dials ? dialling : request.wishes ? wishing : waiting;
    }
    /// @pre the request is not queued
    void add(AcquireRequest& request) noexcept {
        of(request).push_back(request);
        ++queued;
    }
    /// @pre the request is queued
    void remove(AcquireRequest& request) noexcept {
        of(request).remove(request);
        --queued;
    }
};

}  // namespace picoxx
