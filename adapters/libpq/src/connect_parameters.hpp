#pragma once

#include <picoxx/port/result.hpp>
#include <picoxx/port/transport.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx::libpq {

/// Names and values for libpq, each name once.
using ConnectParameters = std::vector<std::pair<std::string, std::string>>;

/// A path at which no file can be: libpq takes an empty path for its own default in the home directory.
inline constexpr std::string_view no_file = "/dev/null/none";

/// All parameters of one connection; with Environment::ignored every one that an environment variable could set.
/// Errors: invalid_argument, naming what is wrong; never the value. Throws std::bad_alloc.
[[nodiscard]] Result<ConnectParameters> connect_parameters(const ConnectOptions& options);

/// As a libpq connection string. Unlike PQconnectStartParams, which skips empty values so that the environment fills
/// them in, a string can say that a value is empty. Throws std::bad_alloc.
[[nodiscard]] std::string connection_string(const ConnectParameters& parameters);

}  // namespace picoxx::libpq
