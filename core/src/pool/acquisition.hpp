#pragma once

#include "pool/standing.hpp"
#include "session/connection.hpp"
#include "task/task.hpp"

#include <picoxx/port/error.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace picoxx {

/// What a call gets that asks for a connection.
struct Acquisition {
    enum class Kind : std::uint8_t {
        use,     ///< `connection` is the caller's.
        dial,    ///< A place at `node` is kept for the caller, who connects and then reports how it went.
        wait,    ///< In the queue; the waker is called when `AcquireRequest::grant` is filled.
        fail,    ///< `error` says why; null where there was no memory to say it.
        closed,  ///< The client is closed. Without an `error`, so that closing needs no memory.
    };
    Kind kind = Kind::wait;
    std::unique_ptr<Connection> connection{};
    PoolNode* node = nullptr;
    std::unique_ptr<Error> error{};
};

/// One node that failed a call.
struct FailedNode {
    std::uint64_t serial;
    Error error;
};

/// What a call asks for, and its place in the queue. Kept by the call until it was served or withdrawn, and not moved
/// while it is queued.
struct AcquireRequest {
    std::vector<FailedNode>
        failed;  ///< Nodes not to be dialled again, and why. Their live connections are as good as others.
    Face face = Face::synchronous;  ///< Connections that this face used last are preferred.
    Waker* waker = nullptr;
    Acquisition grant;
    bool queued = false;

private:
    friend class WaitingList;
    AcquireRequest* before_ = nullptr;
    AcquireRequest* after_ = nullptr;
};

/// The call failed there already.
[[nodiscard]] inline bool failed_at(const AcquireRequest& request, const PoolNode& node) noexcept {
    return std::any_of(request.failed.begin(), request.failed.end(),
                       [&](const FailedNode& failed) { return failed.serial == node.serial; });
}

/// Whether the call may connect to `node`. A seed is another name of a node: whose login was refused is not asked once
/// more under it.
[[nodiscard]] inline Dialling dialling(const AcquireRequest& request, const PoolNode& node, Level level) noexcept {
    const bool refused = level != Level::healthy &&
                         std::any_of(request.failed.begin(), request.failed.end(), [](const FailedNode& failed) {
                             return failed.error.code == Errc::authentication_failed;
                         });
    return refused || failed_at(request, node) ? Dialling::barred : Dialling::allowed;
}

}  // namespace picoxx
