#include "message_reader.hpp"

#include <cstddef>

namespace picoxx::devcluster {
namespace {

constexpr std::uint32_t startup_limit = 10'000;
constexpr std::uint32_t small_message_limit = 10'000;
constexpr std::uint32_t large_message_limit = 0x3ffffffe;
constexpr std::uint32_t ssl_request_code = 80877103;

/// Reads the fields of one message body; after the first field that is not there everything fails.
class Fields {
public:
    explicit Fields(std::string_view body) : rest_{body} {}

    [[nodiscard]] std::uint32_t int32() {
        if (rest_.size() < 4) return fail(), 0;
        std::uint32_t number = 0;
        for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(rest_[i]);
        rest_.remove_prefix(4);
        return number;
    }
    [[nodiscard]] std::uint16_t int16() {
        if (rest_.size() < 2) return fail(), std::uint16_t{0};
        const auto number = static_cast<std::uint16_t>(static_cast<unsigned char>(rest_[0]) << 8 |
                                                       static_cast<unsigned char>(rest_[1]));
        rest_.remove_prefix(2);
        return number;
    }
    [[nodiscard]] std::string string() {
        const auto end = rest_.find('\0');
        if (end == std::string_view::npos) return fail(), std::string{};
        std::string text{rest_.substr(0, end)};
        rest_.remove_prefix(end + 1);
        return text;
    }
    [[nodiscard]] std::string bytes(std::size_t count) {
        if (rest_.size() < count) return fail(), std::string{};
        std::string text{rest_.substr(0, count)};
        rest_.remove_prefix(count);
        return text;
    }
    [[nodiscard]] char byte() {
        const auto text = bytes(1);
        return text.empty() ? '\0' : text[0];
    }
    [[nodiscard]] std::vector<std::int16_t> formats() {
        const auto count = int16();
        std::vector<std::int16_t> codes;
        for (std::uint16_t i = 0; i < count && ok_; ++i) codes.push_back(static_cast<std::int16_t>(int16()));
        return codes;
    }
    [[nodiscard]] std::optional<std::string> value() {
        const auto size = static_cast<std::int32_t>(int32());
        if (size < 0) return std::nullopt;
        return bytes(static_cast<std::size_t>(size));
    }
    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

private:
    void fail() {
        ok_ = false;
        rest_ = {};
    }

    std::string_view rest_;
    bool ok_ = true;
};

ParseMessage decode_parse(Fields& fields) {
    ParseMessage message;
    message.name = fields.string();
    message.text = fields.string();
    const auto count = fields.int16();
    for (std::uint16_t i = 0; i < count && fields.ok(); ++i) message.oids.push_back(fields.int32());
    return message;
}

BindMessage decode_bind(Fields& fields) {
    BindMessage message;
    message.portal = fields.string();
    message.statement = fields.string();
    message.formats = fields.formats();
    const auto count = fields.int16();
    for (std::uint16_t i = 0; i < count && fields.ok(); ++i) message.values.push_back(fields.value());
    message.result_formats = fields.formats();
    return message;
}

Target decode_target(Fields& fields) {
    const char kind = fields.byte();
    return {kind, fields.string()};
}

ExecuteMessage decode_execute(Fields& fields) {
    ExecuteMessage message;
    message.portal = fields.string();
    message.max_rows = static_cast<std::int32_t>(fields.int32());
    return message;
}

std::string copy_fail_text(Fields& fields) { return "CopyFail(CopyFail { message: \"" + fields.string() + "\" })"; }

std::optional<FrontendMessage> decode_body(char type, std::string_view body) {
    Fields fields{body};
    FrontendMessage message;
    switch (type) {
        case 'Q': message = QueryMessage{fields.string()}; break;
        case 'P': message = decode_parse(fields); break;
        case 'B': message = decode_bind(fields); break;
        case 'D': message = DescribeMessage{decode_target(fields)}; break;
        case 'C': message = CloseMessage{decode_target(fields)}; break;
        case 'E': message = decode_execute(fields); break;
        case 'S': message = SyncMessage{}; break;
        case 'H': message = FlushMessage{}; break;
        case 'X': message = TerminateMessage{}; break;
        case 'p': message = PasswordMessage{std::string{body}}; break;
        case 'd': message = CopyMessage{"CopyData(CopyData { data: " + debug_bytes(body) + " })"}; break;
        case 'c': message = CopyMessage{"CopyDone(CopyDone)"}; break;
        case 'f': message = CopyMessage{copy_fail_text(fields)}; break;
        default: return std::nullopt;
    }
    if (!fields.ok()) return std::nullopt;
    return message;
}

bool may_be_large(char type) { return type == 'Q' || type == 'P' || type == 'B' || type == 'd'; }

bool is_known(char type) { return std::string_view{"QPBDCESHXpdcf"}.find(type) != std::string_view::npos; }

}  // namespace

const std::string* StartupMessage::find(std::string_view name) const noexcept {
    const std::string* found = nullptr;
    for (const auto& [key, value] : parameters)
        if (key == name) found = &value;  // the last one wins
    return found;
}

std::optional<Decoded<StartupPacket>> decode_startup(std::string_view buffer) {
    if (buffer.size() < 4) return std::nullopt;
    Fields head{buffer};
    const auto length = head.int32();
    if (length < 8 || length > startup_limit) return {{RefusedStartup{}, buffer.size()}};
    if (buffer.size() < length) return std::nullopt;

    Fields fields{buffer.substr(4, length - 4)};
    const auto code = fields.int32();
    if (code == ssl_request_code && length == 8) return {{SslRequest{}, length}};
    if (code >> 16 != 3) return {{RefusedStartup{}, length}};

    StartupMessage message;
    while (fields.ok() && !fields.rest().empty() && fields.rest().front() != '\0') {
        auto name = fields.string();
        auto value = fields.string();
        message.parameters.emplace_back(std::move(name), std::move(value));
    }
    if (!fields.ok()) return {{RefusedStartup{}, length}};
    return {{std::move(message), length}};
}

std::optional<Decoded<std::variant<FrontendMessage, BrokenStream>>> decode_message(std::string_view buffer) {
    if (buffer.size() < 2) return std::nullopt;
    const char type = buffer[0];
    if (!is_known(type))
        return {{BrokenStream{"Invalid message recevied, received " + std::to_string(static_cast<unsigned char>(type))},
                 buffer.size()}};

    if (buffer.size() < 5) return std::nullopt;
    const auto length = Fields{buffer.substr(1)}.int32();
    const auto limit = may_be_large(type) ? large_message_limit : small_message_limit;
    if (length > limit)  // the two numbers are swapped in Picodata's text
        return {{BrokenStream{"Invalid message length, expected max " + std::to_string(length) +
                              ", actual: " + std::to_string(limit)},
                 buffer.size()}};
    if (length < 4) return {{BrokenStream{"Invalid message length"}, buffer.size()}};
    if (buffer.size() < std::size_t{length} + 1) return std::nullopt;

    auto message = decode_body(type, buffer.substr(5, length - 4));
    if (!message) return {{BrokenStream{"Invalid message body"}, buffer.size()}};
    return {{std::move(*message), std::size_t{length} + 1}};
}

std::string debug_bytes(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "b\"";
    for (const char byte : bytes) {
        const auto code = static_cast<unsigned char>(byte);
        switch (byte) {
            case '\n': text += "\\n"; break;
            case '\r': text += "\\r"; break;
            case '\t': text += "\\t"; break;
            case '\0': text += "\\0"; break;
            case '\\': text += "\\\\"; break;
            case '"': text += "\\\""; break;
            default:
                if (code >= 0x20 && code < 0x7f) {
                    text += byte;
                } else {
                    text += "\\x";
                    text += digits[code >> 4];
                    text += digits[code & 0xf];
                }
        }
    }
    return text + "\"";
}

}  // namespace picoxx::devcluster
