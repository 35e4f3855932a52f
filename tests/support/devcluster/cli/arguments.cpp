#include "arguments.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace picoxx::devcluster {

std::uint64_t read_number(std::string_view what, std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        throw std::runtime_error{std::string{what} + " is not a number: " + std::string{text}};
    return value;
}

std::string Arguments::word(std::string_view what) {
    rest_ = rest();
    const auto end = std::min(rest_.find_first_of(" \t"), rest_.size());
    std::string found{rest_.substr(0, end)};
    rest_.remove_prefix(end);
    if (found.empty()) throw std::runtime_error{"missing: " + std::string{what}};
    return found;
}

std::uint64_t Arguments::number(std::string_view what) { return read_number(what, word(what)); }

std::optional<std::string> Arguments::option(std::string_view name) {
    const auto next = rest();
    if (!next.starts_with(name) || !next.substr(name.size()).starts_with("=")) return std::nullopt;
    return word(name).substr(name.size() + 1);
}

std::string_view Arguments::rest() const {
    return rest_.substr(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
}

void Arguments::expect_end() const {
    if (!rest().empty()) throw std::runtime_error{"too much: " + std::string{rest()}};
}

}  // namespace picoxx::devcluster
