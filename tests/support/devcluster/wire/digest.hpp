#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// Raw digests; @throw std::runtime_error if OpenSSL cannot compute them.
[[nodiscard]] std::string md5(std::string_view data);
[[nodiscard]] std::string sha256(std::string_view data);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view data);
[[nodiscard]] std::string pbkdf2_sha256(std::string_view password, std::string_view salt, int iterations);
[[nodiscard]] std::string random_bytes(std::size_t count);

[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// What a client answers to AuthenticationMD5Password.
[[nodiscard]] std::string md5_response(std::string_view user, std::string_view password, std::string_view salt);

}  // namespace picoxx::devcluster
