#pragma once

#include <picoxx/parameters.hpp>

#include <picoxx/port/c_string_view.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace picoxx {

/// Whether a statement may be executed again where it is in doubt whether it was.
enum class Idempotence : std::uint8_t { no, yes };

/// What a call may be told besides SQL and values.
struct CallOptions {
    /// Longest time for the whole call: queueing, connecting, executing; > 0. Unset: the client's `timeouts.statement`.
    std::optional<std::chrono::milliseconds> timeout{};
    /// `yes`: where the connection is lost in the middle the statement is executed again, on another connection. Default no.
    Idempotence idempotence = Idempotence::no;
    /// Asked to stop, the call ends with `cancelled`: Effect none where nothing was sent, else unknown; the connection then comes to
    /// rest in the background.
    std::stop_token stop{};
};

/// SQL text with its values, owned, for asynchronous calls: they outlive the call that starts them.
/// Placeholders are `$1`, `$2`, ...; the text is sent unchanged. One statement only.
class Statement {
public:
    template <class... Values>
    Statement(std::string sql, const Values&... values)  // NOLINT(google-explicit-constructor)
        : sql_{std::move(sql)}, parameters_{values...} {}

    /// @copydoc CallOptions
    Statement&& with(CallOptions options) && {
        options_ = std::move(options);
        return std::move(*this);
    }

    [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
    [[nodiscard]] const Parameters& parameters() const noexcept { return parameters_; }
    [[nodiscard]] const CallOptions& options() const noexcept { return options_; }

private:
    std::string sql_;
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
