#include "dsn/dsn.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace picoxx {
namespace {

Error invalid(std::string text) { return make_error(Errc::invalid_argument, "invalid DSN: " + std::move(text)); }

int hex_digit(char character) noexcept {
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return -1;
}

Result<std::string> decode(std::string_view text, const char* part) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) return invalid(std::string{"bad percent-escape in the "} + part + "; write % as %25");
        const int value = high * 16 + low;
        if (value == 0) return invalid(std::string{"the "} + part + " holds a NUL byte");
        decoded += static_cast<char>(value);
        i += 2;
    }
    return decoded;
}

Result<std::uint16_t> parse_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failure != std::errc{} || end != text.data() + text.size() || port < 1 || port > 65'535) {
        return invalid("the port \"" + std::string{text} + "\" is not a number from 1 to 65535");
    }
    return static_cast<std::uint16_t>(port);
}

std::optional<std::string_view> without_scheme(std::string_view text) noexcept {
    for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
        if (text.starts_with(scheme)) return text.substr(scheme.size());
    }
    return std::nullopt;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
    Endpoint endpoint;
    std::string_view host;
    std::string_view port;
    bool has_port = false;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return invalid("the address \"" + std::string{text} + "\" lacks its ]");
        host = text.substr(1, end - 1);
        const std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && !rest.starts_with(':')) {
            return invalid("\"" + std::string{rest} + "\" follows the ] of an address; only :port may");
        }
        has_port = !rest.empty();
        if (has_port) port = rest.substr(1);
    } else {
        const std::size_t colon = text.find(':');
        if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) {
            return invalid("\"" + std::string{text} + "\" has several colons; write an IPv6 address in [brackets]");
        }
        host = text.substr(0, colon);
        has_port = colon != std::string_view::npos;
        if (has_port) port = text.substr(colon + 1);
    }
    Result<std::string> decoded = decode(host, "host");
    if (!decoded.ok()) return std::move(decoded).error();
    if (decoded->empty()) return invalid("a host is missing");
    endpoint.host = *std::move(decoded);
    endpoint.port = default_port;
    if (has_port) {
        const Result<std::uint16_t> number = parse_port(port);
        if (!number.ok()) return number.error();
        endpoint.port = *number;
    }
    return endpoint;
}

Result<Dsn> parse_dsn(std::string_view text) {
    const std::optional<std::string_view> rest = without_scheme(text);
    if (!rest) return invalid("it does not start with postgresql:// or postgres://");

    Dsn dsn;
    const std::size_t authority_end = rest->find_first_of("/?#");
    const std::string_view authority = rest->substr(0, authority_end);
    std::string_view tail = authority_end == std::string_view::npos ? std::string_view{} : rest->substr(authority_end);

    // Mostly the end of a login whose / , ? or # is not escaped: what looks like a host, a port or a parameter may then
    // be a part of the password, and must not be printed.
    if (tail.find('@') != std::string_view::npos) {
        return invalid(
            "a / , ? , # or @ in the user or the password, and an @ behind the hosts, must be percent-escaped");
    }

    std::string_view hosts = authority;
    if (const std::size_t at = authority.find('@'); at != std::string_view::npos) {
        hosts = authority.substr(at + 1);
        if (hosts.find('@') != std::string_view::npos)
            return invalid("an @ in the user or the password must be written as %40");
        const std::string_view login = authority.substr(0, at);
        const std::size_t colon = login.find(':');
        Result<std::string> user = decode(login.substr(0, colon), "user");
        if (!user.ok()) return std::move(user).error();
        dsn.user = *std::move(user);
        if (colon != std::string_view::npos) {
            if (login.find(':', colon + 1) != std::string_view::npos) {
                return invalid("a : in the user or the password must be written as %3A");
            }
            Result<std::string> password = decode(login.substr(colon + 1), "password");
            if (!password.ok()) return std::move(password).error();
            dsn.password = *std::move(password);
        }
    }
    if (dsn.user.empty()) return invalid("the user is missing");

    for (std::string_view left = hosts;;) {
        const std::size_t comma = left.find(',');
        Result<Endpoint> endpoint = parse_endpoint(left.substr(0, comma));
        if (!endpoint.ok()) return std::move(endpoint).error();
        dsn.hosts.push_back(*std::move(endpoint));
        if (comma == std::string_view::npos) break;
        left.remove_prefix(comma + 1);
    }

    if (tail.find('#') != std::string_view::npos) return invalid("a # must be written as %23");
    const std::size_t question = tail.find('?');
    if (tail.starts_with('/')) {
        Result<std::string> database = decode(
            tail.substr(1, question == std::string_view::npos ? question : question - 1), "database");
        if (!database.ok()) return std::move(database).error();
        dsn.database = *std::move(database);
    }
    if (question == std::string_view::npos) return dsn;

    for (std::string_view left = tail.substr(question + 1); !left.empty();) {
        const std::size_t end = left.find('&');
        const std::string_view pair = left.substr(0, end);
        left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || equals == 0) {
            return invalid("a parameter is not of the form key=value");
        }
        Result<std::string> key = decode(pair.substr(0, equals), "key of a parameter");
        if (!key.ok()) return std::move(key).error();
        Result<std::string> value = decode(pair.substr(equals + 1), "value of a parameter");
        if (!value.ok()) return std::move(value).error();
        if (!dsn.parameters.emplace(*key, *std::move(value)).second)
            return invalid("the parameter \"" + *key + "\" comes twice");
    }
    return dsn;
}

}  // namespace picoxx
