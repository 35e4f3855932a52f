#pragma once

#include <picoxx/port/endpoint.hpp>
#include <picoxx/port/result.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx {

/// A DSN taken apart: `postgresql://user:password@host:port,host:port/database?key=value&...`.
struct Dsn {
    std::string user;
    std::string password;
    std::vector<Endpoint> hosts;
    std::string database;
    std::map<std::string, std::string> parameters;  ///< Decoded; a key that comes twice is an error.
};

/// Where Picodata listens by default.
inline constexpr std::uint16_t default_port = 4327;

/// @return `invalid_argument` naming the part that is wrong, never the password.
[[nodiscard]] Result<Dsn> parse_dsn(std::string_view text);

/// `host`, `host:port`, `[v6]:port`. @return `invalid_argument` naming what is wrong
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace picoxx
