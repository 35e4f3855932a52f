#pragma once

#include "session/handshake.hpp"

#include <picoxx/port/endpoint.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace picoxx {

/// Handshakes that a server took and did not answer in time. Nobody waits for them; the next dial to the same address
/// goes on with them before it begins another. Picodata counts one that was broken off as a refused login, also when it
/// comes to it only after it has hung (measured for SCRAM): else a node that hangs for a while would lock the account.
/// Thread safety: all functions.
class UnansweredHandshakes {
public:
    /// Kept, unless nothing of it has reached the server.
    void put(std::unique_ptr<Handshake> handshake);
    /// One of that node at that address; null where there is none.
    [[nodiscard]] std::unique_ptr<Handshake> take(const Endpoint& endpoint, const std::string& address);
    /// The client ends: they are broken off, and none is kept any more.
    void close() noexcept;

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<Handshake>> kept_;
    bool closed_ = false;
};

}  // namespace picoxx
