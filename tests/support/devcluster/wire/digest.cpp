#include "digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace picoxx::devcluster {
namespace {

unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string digest(const EVP_MD* algorithm, std::string_view data) {
    std::string result(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    if (EVP_Digest(data.data(), data.size(), octets(result), &size, algorithm, nullptr) != 1)
        throw std::runtime_error{"OpenSSL cannot compute a digest"};
    result.resize(size);
    return result;
}

}  // namespace

std::string md5(std::string_view data) { return digest(EVP_md5(), data); }

std::string sha256(std::string_view data) { return digest(EVP_sha256(), data); }

std::string hmac_sha256(std::string_view key, std::string_view data) {
    std::string result(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(data), data.size(), octets(result), &size))
        throw std::runtime_error{"OpenSSL cannot compute an HMAC"};
    result.resize(size);
    return result;
}

std::string pbkdf2_sha256(std::string_view password, std::string_view salt, int iterations) {
    std::string result(32, '\0');
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets(salt),
                          static_cast<int>(salt.size()), iterations, EVP_sha256(), static_cast<int>(result.size()),
                          octets(result)) != 1)
        throw std::runtime_error{"OpenSSL cannot derive a key"};
    return result;
}

std::string random_bytes(std::size_t count) {
    std::string result(count, '\0');
    if (RAND_bytes(octets(result), static_cast<int>(count)) != 1)
        throw std::runtime_error{"OpenSSL has no random bytes"};
    return result;
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 0xf];
    }
    return text;
}

std::string to_base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(octets(text), octets(bytes), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    const int size = EVP_DecodeBlock(octets(bytes), octets(text), static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    std::size_t padding = 0;  // EVP_DecodeBlock counts it as data
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

std::string md5_response(std::string_view user, std::string_view password, std::string_view salt) {
    const auto inner = to_hex(md5(std::string{password} + std::string{user}));
    return "md5" + to_hex(md5(inner + std::string{salt}));
}

}  // namespace picoxx::devcluster
