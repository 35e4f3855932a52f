#pragma once

#include <cstdint>
#include <string>

namespace picoxx {

/// Where a node listens.
struct Endpoint {
    std::string host;        ///< Name or numeric address, without brackets.
    std::uint16_t port = 0;  ///< 1 to 65535.

    [[nodiscard]] friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// `host:port`, an IPv6 address in brackets.
[[nodiscard]] inline std::string to_string(const Endpoint& endpoint) {
    const bool bracketed = endpoint.host.find(':') != std::string::npos;
    return (bracketed ? '[' + endpoint.host + ']' : endpoint.host) + ':' + std::to_string(endpoint.port);
}

}  // namespace picoxx
