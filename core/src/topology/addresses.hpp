#pragma once

#include <picoxx/options.hpp>

#include <picoxx/port/topology.hpp>

#include <string>
#include <vector>

namespace picoxx {

/// Puts the addresses of the user's map and function in place of the advertised ones. A node without an address to
/// connect to becomes unusable, and so does one for which the user's function throws.
/// @return a line for each function call that threw
[[nodiscard]] std::vector<std::string> translate_addresses(Topology& topology, const DiscoveryOptions& options);

}  // namespace picoxx
