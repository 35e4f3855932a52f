#include "sql/own_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace picoxx {
namespace {

// Layers of the node that say nothing about what was executed.
constexpr std::array<std::string_view, 10> layers{
    "sbroad: ",
    "box error: ",
    "server responded with error: ",
    "invalid box: ",
    "invalid transaction: ",
    "unexpected number of values: ",
    "failed to insert space: ",
    "failed to update space: ",
    "failed to delete space: ",
    "failed to replace space: ",
};

bool take(std::string_view& text, std::string_view front) noexcept {
    if (!text.starts_with(front)) return false;
    text.remove_prefix(front.size());
    return true;
}

// Takes `begin`, whatever follows up to `end`, and `end`.
bool take_between(std::string_view& text, std::string_view begin, std::string_view end) noexcept {
    if (!text.starts_with(begin)) return false;
    const std::size_t at = text.find(end, begin.size());
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + end.size());
    return true;
}

// Where a Lua error was raised: `src/sql/dispatch.lua:364: ` or `[string "src/vshard_helpers.lua"]:6: `.
void take_lua_position(std::string_view& text) noexcept {
    const std::size_t end = text.find(": ");
    if (end == std::string_view::npos) return;
    const std::string_view position = text.substr(0, end);
    const std::size_t digits = position.find_last_not_of("0123456789") + 1;
    const std::string_view file = position.substr(0, digits);
    if (digits < end && (file.ends_with(".lua:") || file.ends_with(".lua\"]:"))) text.remove_prefix(end + 2);
}

// The characters of the JSON string whose opening quote stands at `begin`, still escaped; a text that was cut ends with
// what is there.
std::string_view json_string(std::string_view json, std::size_t begin) noexcept {
    std::size_t end = begin + 1;
    while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2U : 1U;
    end = std::min(end, json.size());
    return json.substr(begin + 1, end - begin - 1);
}

// The text under "message" of the object that `json` is; empty where there is none.
std::string_view json_message(std::string_view json) noexcept {
    std::size_t depth = 0;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const char character = json[at];
        if (character == '{' || character == '[') ++depth;
        if (character == '}' || character == ']') --depth;
        if (depth == 0) return {};
        if (character != '"') continue;
        const std::string_view found = json_string(json, at);
        at += found.size() + 1;
        constexpr std::string_view value = ":\"";
        if (depth == 1 && found == "message" && json.substr(std::min(at + 1, json.size())).starts_with(value)) {
            return json_string(json, at + value.size());
        }
    }
    return {};
}

// The answer of a storage, or of the router in front of it.
void take_lua_error(OwnWords& found) noexcept {
    if (!take(found.words, "ProcLua: ")) return;
    take_lua_position(found.words);
    if (found.words.starts_with('{')) found.words = json_message(found.words);
    // The router itself: it has sent the statement to nobody.
    const bool not_routed = found.words.starts_with("Bucket ") || found.words.starts_with("no router found for tier");
    if (!not_routed) found.form = ErrorForm::part;
}

bool take_part(std::string_view& words) noexcept {
    return take_between(words, "Error on replicaset ", ": ") ||
           take_between(words, "Remote call on replicaset ", " returned an error: ") ||
           take_between(words, "Failed to execute '", "': ") || take_between(words, "Query ", " from EXPLAIN (RAW): ");
}

}  // namespace

OwnWords own_words(std::string_view text) noexcept {
    OwnWords found{text};
    for (std::size_t size = text.size() + 1; found.words.size() < size;) {
        size = found.words.size();
        for (const std::string_view layer : layers) take(found.words, layer);
        if (take(found.words, "transaction rolled-back: ")) found.rolled_back = true;
        if (take_part(found.words)) found.form = ErrorForm::part;
        take_lua_error(found);
    }
    return found;
}

}  // namespace picoxx
