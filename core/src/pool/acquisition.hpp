#pragma once

#include "pool/pool_node.hpp"
#include "session/connection.hpp"
#include "task/task.hpp"

#include <picoxx/port/error.hpp>
#include <picoxx/port/time.hpp>
#include <picoxx/port/topology.hpp>

#include <cstdint>
#include <memory>

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

/// What a call asks for, and its place in the queue. Kept by the call until it was served or withdrawn, and not moved
/// while it is queued.
struct AcquireRequest {
    Face face = Face::synchronous;  ///< Connections that this face used last are preferred.
    bool queued = false;
    bool dials = false;         ///< With `queued`: it connects meanwhile, and takes connections only.
    bool wishes = false;        ///< With `queued`: it takes a connection to the owner only, for a moment.
    bool is_impatient = false;  ///< It has waited for the owner, and takes whatever comes.
    std::uint32_t attempt = 0;  ///< How many nodes failed it so far.
    /// How many that came later were served before, by connections they wished for.
    std::uint32_t passed_over = 0;
    ReplicasetKey owner = ReplicasetKey::none;  ///< Whose nodes serve it best: a wish.
    TimePoint patient_until{};                  ///< While it wishes.
    Waker* waker = nullptr;
    Acquisition grant;

private:
    friend class WaitingList;
    AcquireRequest* before_ = nullptr;
    AcquireRequest* after_ = nullptr;
};

}  // namespace picoxx
