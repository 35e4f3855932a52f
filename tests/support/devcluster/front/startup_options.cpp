#include "startup_options.hpp"

#include <charconv>
#include <string>
#include <string_view>

namespace picoxx::devcluster {
namespace {

/// A count as Rust's i64 parser takes it: an optional sign and digits; not negative.
std::optional<std::int64_t> read_count(std::string_view text) {
    if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

std::optional<ReadPreference> read_preference(std::string_view text) {
    std::string lower;
    for (const char c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower == "leader") return ReadPreference::leader;
    if (lower == "replica") return ReadPreference::replica;
    if (lower == "any") return ReadPreference::any;
    return std::nullopt;
}

template <class Switch>
bool read_switch(std::string_view text, Switch& value) {
    if (text != "true" && text != "false") return false;
    value = text == "true" ? Switch::on : Switch::off;
    return true;
}

bool apply_option(std::string_view name, std::string_view value, SessionSettings& settings) {
    if (name == "pico_query_metadata") return read_switch(value, settings.metadata);
    if (name == "pico_stmt_invalidation") return read_switch(value, settings.invalidation);
    if (name == "sql_motion_row_max") return (settings.sql_motion_row_max = read_count(value)).has_value();
    if (name == "sql_vdbe_opcode_max") return (settings.sql_vdbe_opcode_max = read_count(value)).has_value();
    if (name == "read_preference") {
        const auto preference = read_preference(value);
        if (preference) settings.read_preference = *preference;
        return preference.has_value();
    }
    return true;  // unknown keys are ignored
}

/// `key=value,key=value`: no blanks, no quotes; what follows a second `=` is dropped.
bool apply_options(std::string_view options, SessionSettings& settings) {
    while (true) {
        const auto comma = options.find(',');
        const auto item = options.substr(0, comma);
        const auto equals = item.find('=');
        if (equals == std::string_view::npos) return false;
        const auto value = item.substr(equals + 1);
        if (!apply_option(item.substr(0, equals), value.substr(0, value.find('=')), settings)) return false;
        if (comma == std::string_view::npos) return true;
        options.remove_prefix(comma + 1);
    }
}

}  // namespace

std::optional<SessionSettings> read_startup(const StartupMessage& message) {
    const auto* user = message.find("user");
    if (!user) return std::nullopt;
    SessionSettings settings;
    settings.user = *user;

    const auto* options = message.find("options");
    if (options && !apply_options(*options, settings)) return std::nullopt;
    const auto* metadata = message.find("pico_query_metadata");  // wins over `options`
    if (metadata && !read_switch(*metadata, settings.metadata)) return std::nullopt;
    const auto* invalidation = message.find("pico_stmt_invalidation");
    if (invalidation && !read_switch(*invalidation, settings.invalidation)) return std::nullopt;
    return settings;
}

}  // namespace picoxx::devcluster
