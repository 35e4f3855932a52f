#pragma once

#include <picoxx/port/endpoint.hpp>

#include <optional>
#include <string_view>

namespace picoxx {

/// `HOST:PORT` as the cluster advertises it, split at the last colon; the host may be empty. nullopt where there is no
/// port.
[[nodiscard]] std::optional<Endpoint> parse_address(std::string_view address);

/// An address to listen on, which says nothing about where to connect.
[[nodiscard]] bool is_wildcard(std::string_view host) noexcept;

}  // namespace picoxx
