#pragma once

#include <cstdint>
#include <string_view>

namespace picoxx {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };

/// One line of log. Lifetime of the views: the call. Holds neither a password nor a parameter value.
struct LogRecord {
    LogLevel level = LogLevel::info;
    std::string_view component;  ///< `connections`, `nodes`, `logins`, `discovery`, `strategy` or `client`.
    std::string_view node;       ///< The node concerned, or empty.
    std::string_view message;
};

/// Takes the client's log. Implemented by adapters (spdlog) or the application; without one nothing is formatted. The
/// client writes at most 20 records a second for each component; the next one after that is preceded by a record that
/// says how many were left out. Thread safety: called concurrently; must not call back into the client. Every
/// implementation passes the contract suite (picoxx/testing/log_sink_contract.hpp).
class LogSink {
public:
    /// What plugins call this port, and the version of it: raised by any change to its functions or to what they pass.
    static constexpr const char* interface_id = "picoxx.log_sink";
    static constexpr std::uint32_t interface_version = 2;

    LogSink() = default;
    LogSink(const LogSink&) = delete;
    LogSink& operator=(const LogSink&) = delete;
    virtual ~LogSink() = default;

    /// Records below this level are not made. Asked once per record, so keep it cheap.
    [[nodiscard]] virtual LogLevel level() const noexcept = 0;
    /// Called on the thread that had something to say, which waits for it. What it throws is swallowed: a log that
    /// fails fails no call.
    virtual void write(const LogRecord& record) = 0;
};

}  // namespace picoxx
