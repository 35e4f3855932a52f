#include "address.hpp"

#include <charconv>
#include <string>

namespace picoxx {

std::optional<Endpoint> parse_address(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = address.substr(0, colon);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    const std::string_view digits = address.substr(colon + 1);
    Endpoint endpoint{std::string{host}, 0};
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
    if (failure != std::errc{} || end != digits.data() + digits.size() || endpoint.port == 0) return std::nullopt;
    return endpoint;
}

bool is_wildcard(std::string_view host) noexcept { return host.empty() || host == "0.0.0.0" || host == "::"; }

}  // namespace picoxx
