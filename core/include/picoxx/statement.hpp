#pragma once

#include <picoxx/parameters.hpp>

#include <picoxx/port/c_string_view.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace picoxx {

/// Whether a statement may be executed again where it is in doubt whether it was.
enum class Idempotence : std::uint8_t { no, yes };

/// Whether a statement is sent to the node that owns its rows, where the client's router knows it.
enum class Routing : std::uint8_t {
    automatic,  ///< As what was learned of the statement says.
    off,        ///< Statements are balanced only, and nothing is learned of them.
};

/// What a call may be told besides SQL and values.
struct CallOptions {
    /// Longest time for the whole call: queueing, connecting, executing; > 0. Unset: the client's `timeouts.statement`.
    std::optional<std::chrono::milliseconds> timeout{};
    /// `yes`: where the connection is lost in the middle the statement is executed again, once, on another connection;
    /// where it ended without a word, only if its node still takes connections, since the statement may have ended it.
    /// Default no.
    Idempotence idempotence = Idempotence::no;
    Routing routing = Routing::automatic;  ///< Default automatic; where the client's is off that counts.
    /// Asked to stop, the call ends with `cancelled`: Effect none where nothing was sent, else unknown; the connection
    /// then comes to rest in the background.
    std::stop_token stop{};
};

/// What SQL may be taken from: a literal or `const char*`, a `std::string`, a `std::string_view`.
template <class Text>
concept SqlText = std::convertible_to<const Text&, std::string_view> && !std::same_as<Text, std::nullptr_t>;

/// SQL text with its values, owned, for asynchronous calls: they outlive the call that starts them. Placeholders are
/// `$1`, `$2`, ...; the text is sent unchanged. One statement only. A null pointer as text is not followed: the call
/// fails with `invalid_argument`.
class Statement {
public:
    template <SqlText Text, class... Values>
    Statement(const Text& sql, const Values&... values)  // NOLINT(google-explicit-constructor)
        : sql_{text_of(sql)}, is_null_{is_null(sql)}, parameters_{values...} {}
    template <class... Values>
    Statement(std::string&& sql, const Values&... values)  // NOLINT(google-explicit-constructor)
        : sql_{std::move(sql)}, parameters_{values...} {}

    /// @copydoc CallOptions
    [[nodiscard]] Statement&& with(CallOptions options) && {
        options_ = std::move(options);
        return std::move(*this);
    }
    [[nodiscard]] Statement with(CallOptions options) const& {
        Statement copy = *this;
        copy.options_ = std::move(options);
        return copy;
    }

    /// Null where it was made from a null pointer.
    [[nodiscard]] CStringView sql() const noexcept {
        return is_null_ ? CStringView{static_cast<const char*>(nullptr)} : CStringView{sql_};
    }
    [[nodiscard]] const Parameters& parameters() const noexcept { return parameters_; }
    [[nodiscard]] const CallOptions& options() const noexcept { return options_; }

private:
    template <SqlText Text>
    static bool is_null(const Text& sql) noexcept {
        if constexpr (!std::is_array_v<Text> && std::convertible_to<const Text&, const char*>) {
            return static_cast<const char*>(sql) == nullptr;
        } else {
            return false;
        }
    }
    template <SqlText Text>
    static std::string_view text_of(const Text& sql) noexcept {
        return is_null(sql) ? std::string_view{} : std::string_view{sql};
    }

    std::string sql_;
    bool is_null_ = false;
    Parameters parameters_;
    CallOptions options_;
};

/// The same, borrowed, for calls that return only when they are done.
struct StatementView {
    CStringView sql{};
    const Parameters* parameters = nullptr;  ///< Null is none.
    CallOptions options{};
};

}  // namespace picoxx
