#pragma once

#include <picoxx/port/error.hpp>
#include <picoxx/port/plugin.h>
#include <picoxx/port/result.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace picoxx::sdk {

/// The options a component is created with: key and value pairs. A component asks for those it knows; once it is made,
/// what was given and not asked for is an error that lists the known ones, and so is a value that makes no sense. Then
/// there is no component: it need not check anything itself. Thread safety: none. Lifetime: until the component is
/// made; copy what is to be kept.
class Config {
public:
    explicit Config(std::span<const picoxx_kv> pairs) noexcept : pairs_{pairs} {}
    Config(const Config&) = delete;
    Config& operator=(const Config&) = delete;
    ~Config() = default;

    [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const {
        know(key);
        for (const picoxx_kv& pair : pairs_) {
            if (key_of(pair) == key) return std::string_view{pair.value, pair.value_size};
        }
        return std::nullopt;
    }
    [[nodiscard]] std::string_view get(std::string_view key, std::string_view otherwise) const {
        return get(key).value_or(otherwise);
    }
    /// One of `words`.
    [[nodiscard]] std::string_view get(std::string_view key, std::string_view otherwise,
                                       std::initializer_list<std::string_view> words) const {
        const std::optional<std::string_view> text = get(key);
        if (!text || std::find(words.begin(), words.end(), *text) != words.end()) return text.value_or(otherwise);
        refuse_value(key, "one of " + list(words), *text);
        return otherwise;
    }
    /// A whole number from `smallest` to `largest`.
    [[nodiscard]] std::uint64_t get_uint(std::string_view key, std::uint64_t otherwise, std::uint64_t smallest = 0,
                                         std::uint64_t largest = std::numeric_limits<std::uint64_t>::max()) const {
        const std::optional<std::string_view> text = get(key);
        if (!text) return otherwise;
        std::string_view rest = *text;
        const std::optional<std::uint64_t> number = take_number(rest);
        if (number && rest.empty() && *number >= smallest && *number <= largest) return *number;
        refuse_value(key, "a whole number from " + std::to_string(smallest) + " to " + std::to_string(largest), *text);
        return otherwise;
    }
    /// `true`, `on`, `yes`, `1`, or `false`, `off`, `no`, `0`.
    [[nodiscard]] bool get_bool(std::string_view key, bool otherwise) const {
        const std::optional<std::string_view> text = get(key);
        if (!text) return otherwise;
        for (const std::string_view word : {"true", "on", "yes", "1"}) {
            if (*text == word) return true;
        }
        for (const std::string_view word : {"false", "off", "no", "0"}) {
            if (*text == word) return false;
        }
        refuse_value(key, "true or false", *text);
        return otherwise;
    }
    /// A whole number and its unit: `250ms`; units are ns, us, ms, s, min and h.
    [[nodiscard]] std::chrono::nanoseconds get_duration(std::string_view key,
                                                        std::chrono::nanoseconds otherwise) const {
        const std::optional<std::string_view> text = get(key);
        if (!text) return otherwise;
        std::string_view unit = *text;
        const std::optional<std::uint64_t> number = take_number(unit);
        struct Unit {
            std::string_view name;
            std::uint64_t nanoseconds;
        };
        constexpr Unit units[] = {{"ns", 1},
                                  {"us", 1'000},
                                  {"ms", 1'000'000},
                                  {"s", 1'000'000'000},
                                  {"min", 60'000'000'000},
                                  {"h", 3'600'000'000'000}};
        for (const Unit& known : units) {
            constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
            if (number && unit == known.name && *number <= most / known.nanoseconds) {
                return std::chrono::nanoseconds{static_cast<std::int64_t>(*number * known.nanoseconds)};
            }
        }
        refuse_value(key, "a duration such as 250ms or 3s", *text);
        return otherwise;
    }
    /// As `get`; its value stands in no error.
    [[nodiscard]] std::optional<std::string_view> secret(std::string_view key) const { return get(key); }

    /// Says which options there are, where the component does not ask for each of them every time.
    void only(std::initializer_list<std::string_view> keys) const {
        for (const std::string_view key : keys) know(key);
    }
    /// Says that the options make no sense; the first such text becomes the error. It holds no secret.
    void refuse(std::string text) const {
        if (status_.ok()) status_ = make_error(Errc::plugin_bad_config, std::move(text));
    }

    /// The first error of a value.
    [[nodiscard]] Status wrong_value() const { return std::exchange(status_, {}); }
    /// The first error of a value, else the first option that nobody asked for.
    [[nodiscard]] Status finish() const {
        for (const picoxx_kv& pair : pairs_) {
            if (std::find(known_.begin(), known_.end(), key_of(pair)) == known_.end()) {
                refuse("unknown option \"" + std::string{key_of(pair)} + "\" (known: " + list(known_) + ')');
            }
        }
        return wrong_value();
    }

private:
    static std::string_view key_of(const picoxx_kv& pair) noexcept { return {pair.key, pair.key_size}; }

    template <class Words>
    static std::string list(const Words& words) {
        std::string text;
        for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
        return text.empty() ? "none" : text;
    }

    static std::optional<std::uint64_t> take_number(std::string_view& text) noexcept {
        std::uint64_t number = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failure != std::errc{}) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return number;
    }

    void know(std::string_view key) const {
        if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
    }
    void refuse_value(std::string_view key, std::string_view expected, std::string_view value) const {
        refuse("option \"" + std::string{key} + "\" must be " + std::string{expected} + ", it is \"" +
               std::string{value} + '"');
    }

    std::span<const picoxx_kv> pairs_;
    // Components get the object as const, as they cannot change an option; what they asked for is the object's own
    // affair.
    mutable std::vector<std::string> known_;
    mutable Status status_;
};

}  // namespace picoxx::sdk
