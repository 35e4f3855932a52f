#pragma once

#include "session/handshake.hpp"

#include <picoxx/port/time.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace picoxx {

/// Handshakes that a server took and did not answer in time. Nobody waits for them; the next dial to the same address
/// reads them to their end before it begins another. Picodata counts one that was broken off as a refused login, also
/// when it comes to it only after it has hung (measured for SCRAM): else a node that hangs for a while would lock the
/// account. Thread safety: all functions.
class UnansweredHandshakes {
public:
    /// Kept, unless nothing of it has reached the server. Those that have ended meanwhile go.
    void put(std::unique_ptr<Handshake> handshake, TimePoint now);
    /// All with that server, `host:port`, under whatever name it was reached.
    [[nodiscard]] std::vector<std::unique_ptr<Handshake>> take(const std::string& server);
    /// The client ends: they are broken off, and none is kept any more.
    void close() noexcept;

private:
    // The oldest goes where there are more: its server has left the cluster.
    static constexpr std::size_t most_kept = 64;

    std::mutex mutex_;
    std::vector<std::unique_ptr<Handshake>> kept_;
    bool closed_ = false;
};

}  // namespace picoxx
