#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace picoxx::devcluster {

/// What a statement-or-portal message is about: the byte the client sent, 'S' or 'P' if it is valid.
struct Target {
    char kind = 'S';
    std::string name;
};

struct QueryMessage {
    std::string text;
};
struct ParseMessage {
    std::string name;
    std::string text;
    std::vector<std::uint32_t> oids;
};
struct BindMessage {
    std::string portal;
    std::string statement;
    std::vector<std::int16_t> formats;
    std::vector<std::optional<std::string>> values;
    std::vector<std::int16_t> result_formats;
};
struct DescribeMessage {
    Target target;
};
struct CloseMessage {
    Target target;
};
struct ExecuteMessage {
    std::string portal;
    std::int32_t max_rows = 0;
};
struct SyncMessage {};
struct FlushMessage {};
struct TerminateMessage {};
/// Password, SASLInitialResponse and SASLResponse: the phase of the conversation tells which.
struct PasswordMessage {
    std::string data;
};
/// CopyData, CopyDone, CopyFail: understood by Picodata's decoder, supported by nothing behind it.
struct CopyMessage {
    std::string debug_text;  ///< as Picodata's error text shows the message
};

using FrontendMessage =
    std::variant<QueryMessage, ParseMessage, BindMessage, DescribeMessage, CloseMessage, ExecuteMessage, SyncMessage,
                 FlushMessage, TerminateMessage, PasswordMessage, CopyMessage>;

/// A stream that can no longer be followed: answered with SQLSTATE 58030 and the end of the connection.
struct BrokenStream {
    std::string reason;
};

struct StartupMessage {
    std::vector<std::pair<std::string, std::string>> parameters;
    [[nodiscard]] const std::string* find(std::string_view name) const noexcept;
};
struct SslRequest {};
/// CancelRequest, GSSENCRequest, another protocol, an impossible length: closed without a byte.
struct RefusedStartup {};
using StartupPacket = std::variant<StartupMessage, SslRequest, RefusedStartup>;

/// What decoding the head of a buffer gave, and how many of its bytes it took. None: more bytes are needed.
template <class T>
struct Decoded {
    T message;
    std::size_t size = 0;
};

[[nodiscard]] std::optional<Decoded<StartupPacket>> decode_startup(std::string_view buffer);
[[nodiscard]] std::optional<Decoded<std::variant<FrontendMessage, BrokenStream>>> decode_message(
    std::string_view buffer);

/// Text as Rust's Debug writes a byte string: `b"1\t2\n"`.
[[nodiscard]] std::string debug_bytes(std::string_view bytes);

}  // namespace picoxx::devcluster
