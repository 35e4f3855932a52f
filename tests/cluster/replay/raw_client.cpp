#include "raw_client.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx::testing {
namespace {

namespace json = boost::json;

std::string to_string(const json::string& text) { return {text.data(), text.size()}; }

std::string number(std::uint64_t value, std::size_t size) {
    std::string bytes(size, '\0');
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
        *byte = static_cast<char>(value & 0xffU);
        value >>= 8U;
    }
    return bytes;
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8U | static_cast<unsigned char>(bytes.at(at + i));
    return value;
}

std::string c_string(std::string_view text) { return std::string{text} + '\0'; }

std::string framed(char type, const std::string& body) { return type + number(body.size() + 4, 4) + body; }

std::string hex(std::string_view bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4U];
        text += digits[static_cast<unsigned char>(byte) & 15U];
    }
    return text;
}

std::string from_hex(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(std::string{text.substr(i, 2)}, nullptr, 16));
    }
    return bytes;
}

std::string digest(const EVP_MD* method, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), out.data(), &size, method, nullptr);
    return {reinterpret_cast<const char*>(out.data()), size};
}

std::string hmac(const std::string& key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
         text.size(), out.data(), &size);
    return {reinterpret_cast<const char*>(out.data()), size};
}

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string from_base64(std::string_view text) {
    std::string bytes(text.size(), '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    bytes.resize(static_cast<std::size_t>(size) - static_cast<std::size_t>(std::count(text.begin(), text.end(), '=')));
    return bytes;
}

std::string attribute(std::string_view message, std::string_view name) {
    const std::size_t at = message.find(name);
    const std::size_t start = at + name.size();
    return std::string{message.substr(start, message.find(',', start) - start)};
}

std::string text_of(const json::object& message, std::string_view key) {
    const json::value* value = message.if_contains(json::string_view{key.data(), key.size()});
    return value == nullptr ? std::string{} : to_string(value->as_string());
}

std::string numbers(const json::object& message, std::string_view key, std::size_t size) {
    const json::value* list = message.if_contains(json::string_view{key.data(), key.size()});
    if (list == nullptr) return number(0, 2);
    std::string bytes = number(list->as_array().size(), 2);
    for (const json::value& item : list->as_array())
        bytes += number(static_cast<std::uint64_t>(item.to_number<std::int64_t>()), size);
    return bytes;
}

std::string kind_of(const json::object& message) {
    const std::string kind = text_of(message, "kind");
    return kind.empty() ? "S" : kind;
}

std::string encode_bind(const json::object& message) {
    std::string body = c_string(text_of(message, "portal")) + c_string(text_of(message, "statement")) +
                       numbers(message, "param_formats", 2);
    const json::value* parameters = message.if_contains("params");
    body += number(parameters == nullptr ? 0 : parameters->as_array().size(), 2);
    for (const json::value& value : parameters == nullptr ? json::array{} : parameters->as_array()) {
        if (value.is_null()) {
            body += number(0xffffffffU, 4);
            continue;
        }
        const std::string bytes = value.is_object() ? from_hex(to_string(value.at("hex").as_string()))
                                                    : to_string(value.as_string());
        body += number(bytes.size(), 4) + bytes;
    }
    return body + numbers(message, "result_formats", 2);
}

bool printable(std::string_view text) {
    // As the recorder decided: what has control characters (but newlines) is shown in hex.
    return text.find('\n') != std::string_view::npos || std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
}

json::value field_value(std::string_view bytes, bool binary) {
    if (binary || !printable(bytes)) return json::object{{"hex", hex(bytes)}};
    return json::string{bytes.data(), bytes.size()};
}

}  // namespace

std::string encode(const json::object& message) {
    const std::string name = text_of(message, "msg");
    if (name == "Query") return framed('Q', c_string(text_of(message, "sql")));
    if (name == "Parse")
        return framed(
            'P', c_string(text_of(message, "name")) + c_string(text_of(message, "sql")) + numbers(message, "oids", 4));
    if (name == "Bind") return framed('B', encode_bind(message));
    if (name == "Describe") return framed('D', kind_of(message) + c_string(text_of(message, "name")));
    if (name == "Close") return framed('C', kind_of(message) + c_string(text_of(message, "name")));
    if (name == "Execute") {
        const json::value* rows = message.if_contains("max_rows");
        return framed('E', c_string(text_of(message, "portal")) +
                               number(rows == nullptr ? 0 : rows->to_number<std::uint64_t>(), 4));
    }
    if (name == "Sync") return framed('S', {});
    if (name == "Flush") return framed('H', {});
    if (name == "Terminate") return framed('X', {});
    if (name == "CopyDone") return framed('c', {});
    if (name == "CopyFail") return framed('f', c_string("x"));
    if (name == "CopyData") return framed('d', "1\t2\n");
    if (name == "PasswordMessage") return framed('p', c_string("x"));
    if (name == "FunctionCall") return framed('F', number(1, 4) + number(0, 6));
    if (name == "SSLRequest") return number(8, 4) + number(80'877'103, 4);
    if (name == "GSSENCRequest") return number(8, 4) + number(80'877'104, 4);
    if (name == "CancelRequest") return number(16, 4) + number(80'877'102, 4) + number(0, 8);
    if (name == "Raw") return from_hex(text_of(message, "hex"));
    throw std::runtime_error{"a conversation sends " + name};
}

RawClient::RawClient(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket_);
        throw std::runtime_error{"cannot connect to port " + std::to_string(port)};
    }
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawClient::~RawClient() { ::close(socket_); }

bool RawClient::send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

bool RawClient::send(const std::vector<const json::object*>& messages) {
    std::string bytes;
    for (const json::object* message : messages) {
        if (text_of(*message, "msg") == "Bind") {
            row_formats_.clear();
            if (const json::value* formats = message->if_contains("result_formats")) {
                for (const json::value& format : formats->as_array()) row_formats_.push_back(format.to_number<int>());
            }
        } else if (text_of(*message, "msg") == "Query") {
            row_formats_.clear();
        }
        bytes += encode(*message);
    }
    return send_bytes(bytes);
}

RawClient::Message RawClient::next(std::chrono::milliseconds patience) {
    const auto complete = [this] { return buffer_.size() >= 5 && buffer_.size() >= 1 + number_at(buffer_, 1, 4); };
    while (!complete()) {
        pollfd watched{socket_, POLLIN, 0};
        if (::poll(&watched, 1, static_cast<int>(patience.count())) <= 0) return {timed_out, {}};
        std::array<char, 65'536> bytes{};
        const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
        if (count <= 0) return {ended, {}};
        buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    }
    const std::size_t size = number_at(buffer_, 1, 4);
    Message message{buffer_[0], buffer_.substr(5, size - 4)};
    buffer_.erase(0, 1 + size);
    return message;
}

json::object RawClient::decode(const Message& message) {
    static const std::map<char, const char*> names{{'R', "Authentication"},
                                                   {'S', "ParameterStatus"},
                                                   {'K', "BackendKeyData"},
                                                   {'Z', "ReadyForQuery"},
                                                   {'T', "RowDescription"},
                                                   {'D', "DataRow"},
                                                   {'C', "CommandComplete"},
                                                   {'E', "ErrorResponse"},
                                                   {'N', "NoticeResponse"},
                                                   {'1', "ParseComplete"},
                                                   {'2', "BindComplete"},
                                                   {'3', "CloseComplete"},
                                                   {'n', "NoData"},
                                                   {'t', "ParameterDescription"},
                                                   {'s', "PortalSuspended"},
                                                   {'I', "EmptyQueryResponse"},
                                                   {'v', "NegotiateProtocolVersion"}};
    const auto name = names.find(message.type);
    json::object out{{"msg", name == names.end() ? "Unknown" : name->second}};
    const std::string& body = message.body;
    switch (message.type) {
        case 'E':
        case 'N': {
            json::object fields;
            for (std::size_t at = 0; at < body.size() && body[at] != '\0';) {
                const std::size_t end = body.find('\0', at);
                fields[body.substr(at, 1)] = body.substr(at + 1, end - at - 1);
                at = end + 1;
            }
            out["fields"] = std::move(fields);
            break;
        }
        case 'S': {
            const std::size_t end = body.find('\0');
            out["name"] = body.substr(0, end);
            out["value"] = body.substr(end + 1, body.size() - end - 2);
            break;
        }
        case 'Z': out["status"] = body; break;
        case 'C': out["tag"] = body.substr(0, body.size() - 1); break;
        case 'R': out["code"] = number_at(body, 0, 4); break;
        case 't': {
            json::array oids;
            for (std::size_t i = 0; i < number_at(body, 0, 2); ++i) oids.push_back(number_at(body, 2 + 4 * i, 4));
            out["oids"] = std::move(oids);
            break;
        }
        case 'T': {
            json::array columns;
            result_formats_.clear();
            std::size_t at = 2;
            for (std::size_t i = 0; i < number_at(body, 0, 2); ++i) {
                const std::size_t end = body.find('\0', at);
                const auto format = static_cast<int>(number_at(body, end + 17, 2));
                columns.push_back(json::object{{"name", body.substr(at, end - at)},
                                               {"table", number_at(body, end + 1, 4)},
                                               {"attr", static_cast<std::int16_t>(number_at(body, end + 5, 2))},
                                               {"oid", number_at(body, end + 7, 4)},
                                               {"size", static_cast<std::int16_t>(number_at(body, end + 11, 2))},
                                               {"typmod", static_cast<std::int32_t>(number_at(body, end + 13, 4))},
                                               {"format", format}});
                result_formats_.push_back(format);
                at = end + 19;
            }
            out["columns"] = std::move(columns);
            row_formats_ = result_formats_;
            break;
        }
        case 'D': {
            json::array values;
            std::size_t at = 2;
            for (std::size_t i = 0; i < number_at(body, 0, 2); ++i) {
                const auto size = static_cast<std::int32_t>(number_at(body, at, 4));
                at += 4;
                if (size < 0) {
                    values.push_back(nullptr);
                    continue;
                }
                const std::size_t format = row_formats_.size() == 1 ? 0 : i;
                const bool binary = format < row_formats_.size() && row_formats_[format] == 1;
                values.push_back(
                    field_value(std::string_view{body}.substr(at, static_cast<std::size_t>(size)), binary));
                at += static_cast<std::size_t>(size);
            }
            out["values"] = std::move(values);
            break;
        }
        default: break;
    }
    return out;
}

void RawClient::authenticate(std::string_view body, const RawLogin& login) {
    const auto code = number_at(body, 0, 4);
    if (code == 5) {
        const std::string inner = hex(digest(EVP_md5(), login.password + login.user.value_or("")));
        send_bytes(framed('p', c_string("md5" + hex(digest(EVP_md5(), inner + std::string{body.substr(4, 4)})))));
    } else if (code == 3) {
        send_bytes(framed('p', c_string(login.password)));
    } else if (code == 10) {
        std::array<unsigned char, 18> nonce{};
        RAND_bytes(nonce.data(), static_cast<int>(nonce.size()));
        client_first_ = "n=,r=" + base64({reinterpret_cast<const char*>(nonce.data()), nonce.size()});
        const std::string first = "n,," + client_first_;
        send_bytes(framed('p', c_string("SCRAM-SHA-256") + number(first.size(), 4) + first));
    } else if (code == 11) {
        const std::string server_first{body.substr(4)};
        const std::string salt = from_base64(attribute(server_first, "s="));
        std::array<unsigned char, 32> salted{};
        PKCS5_PBKDF2_HMAC(login.password.data(), static_cast<int>(login.password.size()),
                          reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                          std::stoi(attribute(server_first, "i=")), EVP_sha256(), static_cast<int>(salted.size()),
                          salted.data());
        const std::string key = hmac({reinterpret_cast<const char*>(salted.data()), salted.size()}, "Client Key");
        const std::string without_proof = "c=biws,r=" + attribute(server_first, "r=");
        const std::string signature = hmac(digest(EVP_sha256(), key),
                                           client_first_ + ',' + server_first + ',' + without_proof);
        std::string proof = key;
        for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
        send_bytes(framed('p', without_proof + ",p=" + base64(proof)));
    }
}

json::array RawClient::log_in(const RawLogin& login) {
    std::string body = number(login.protocol, 4);
    if (login.user) body += c_string("user") + c_string(*login.user);
    for (const auto& [name, value] : login.parameters) body += c_string(name) + c_string(value);
    body += '\0';
    send_bytes(number(body.size() + 4, 4) + body);

    json::array received;
    for (;;) {
        const Message message = next(std::chrono::seconds{10});
        if (message.type == ended || message.type == timed_out) {
            received.push_back(json::object{{"msg", message.type == ended ? "EOF" : "timeout"}});
            return received;
        }
        json::object decoded = decode(message);
        if (message.type == 'R') {
            const auto code = number_at(message.body, 0, 4);
            if (code == 5) decoded["salt"] = "<salt>";
            if (code == 10) {
                json::array mechanisms;
                for (std::size_t at = 4; at < message.body.size() && message.body[at] != '\0';) {
                    const std::size_t end = message.body.find('\0', at);
                    mechanisms.push_back(json::value(message.body.substr(at, end - at)));
                    at = end + 1;
                }
                decoded["mechanisms"] = std::move(mechanisms);
            }
            if (code == 11)
                decoded["data"] = "r=<client_nonce><server_nonce>,s=<salt>,i=" + attribute(message.body, "i=");
            if (code == 12) decoded["data"] = "v=<server_signature>";
            authenticate(message.body, login);
        }
        received.push_back(std::move(decoded));
        if (message.type == 'Z') return received;
        if (message.type == 'E') {
            const Message last = next(std::chrono::seconds{10});
            received.push_back(json::object{{"msg", last.type == ended ? "EOF" : "more"}});
            return received;
        }
    }
}

json::array RawClient::read(std::size_t count) {
    json::array received;
    while (count > 0) {
        const Message message = next(std::chrono::seconds{40});
        if (message.type == ended || message.type == timed_out) {
            received.push_back(json::object{{"msg", message.type == ended ? "EOF" : "timeout"}});
            break;
        }
        received.push_back(decode(message));
        if (message.type == 'Z') --count;
    }
    return received;
}

json::array RawClient::read_until_quiet(std::chrono::milliseconds silence) {
    json::array received;
    for (;;) {
        const Message message = next(silence);
        if (message.type == timed_out) return received;
        if (message.type == ended) {
            received.push_back(json::object{{"msg", "EOF"}});
            return received;
        }
        received.push_back(decode(message));
    }
}

void RawClient::leave() {
    constexpr std::chrono::seconds longest{10};
    ::shutdown(socket_, SHUT_WR);
    while (true) {
        const Message message = next(longest);
        if (message.type == timed_out || message.type == ended) return;
    }
}

std::string RawClient::read_byte() {
    char byte = 0;
    pollfd watched{socket_, POLLIN, 0};
    if (::poll(&watched, 1, 3'000) <= 0) return "timeout";
    return ::recv(socket_, &byte, 1, 0) == 1 ? std::string(1, byte) : std::string{};
}

json::array RawClient::query(std::string_view sql) {
    row_formats_.clear();
    send_bytes(framed('Q', c_string(sql)));
    return read(1);
}

}  // namespace picoxx::testing
