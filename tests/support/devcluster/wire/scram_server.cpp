#include "scram_server.hpp"

#include "digest.hpp"

#include <utility>

namespace picoxx::devcluster {
namespace {

/// Value of attribute `key` in `a=1,b=2`.
std::optional<std::string_view> attribute(std::string_view message, char key) {
    while (!message.empty()) {
        const auto comma = message.find(',');
        const auto item = message.substr(0, comma);
        if (item.size() >= 2 && item[0] == key && item[1] == '=') return item.substr(2);
        if (comma == std::string_view::npos) break;
        message.remove_prefix(comma + 1);
    }
    return std::nullopt;
}

std::string exclusive_or(std::string_view left, std::string_view right) {
    std::string result{left};
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<char>(result[i] ^ right[i]);
    return result;
}

}  // namespace

ScramSecret ScramSecret::of(std::string_view password) {
    ScramSecret secret;
    secret.salt = random_bytes(16);
    const auto salted = pbkdf2_sha256(password, secret.salt, iterations);
    secret.stored_key = sha256(hmac_sha256(salted, "Client Key"));
    secret.server_key = hmac_sha256(salted, "Server Key");
    return secret;
}

ScramSecret ScramSecret::nobody() { return {random_bytes(16), random_bytes(32), random_bytes(32)}; }

ScramServer::ScramServer(ScramSecret secret) : secret_{std::move(secret)} {}

std::optional<std::string> ScramServer::first(std::string_view client_first) {
    if (client_first.empty() || (client_first[0] != 'n' && client_first[0] != 'y')) return std::nullopt;
    const auto flag_end = client_first.find(',');
    if (flag_end == std::string_view::npos) return std::nullopt;
    const auto header_end = client_first.find(',', flag_end + 1);
    if (header_end == std::string_view::npos) return std::nullopt;

    gs2_header_ = client_first.substr(0, header_end + 1);
    client_first_bare_ = client_first.substr(header_end + 1);
    const auto client_nonce = attribute(client_first_bare_, 'r');
    if (!client_nonce || client_nonce->empty()) return std::nullopt;

    nonce_ = std::string{*client_nonce} + to_base64(random_bytes(18));
    server_first_ = "r=" + nonce_ + ",s=" + to_base64(secret_.salt) + ",i=" + std::to_string(ScramSecret::iterations);
    return server_first_;
}

std::optional<std::string> ScramServer::last(std::string_view client_final) {
    const auto proof_at = client_final.rfind(",p=");
    if (proof_at == std::string_view::npos) return std::nullopt;
    const auto without_proof = client_final.substr(0, proof_at);
    const auto binding = attribute(without_proof, 'c');
    const auto nonce = attribute(without_proof, 'r');
    const auto proof = from_base64(client_final.substr(proof_at + 3));
    if (!binding || *binding != to_base64(gs2_header_) || !nonce || *nonce != nonce_ || !proof ||
        proof->size() != secret_.stored_key.size())
        return std::nullopt;

    const auto signed_text = client_first_bare_ + "," + server_first_ + "," + std::string{without_proof};
    const auto client_key = exclusive_or(*proof, hmac_sha256(secret_.stored_key, signed_text));
    if (sha256(client_key) != secret_.stored_key) return std::nullopt;
    return "v=" + to_base64(hmac_sha256(secret_.server_key, signed_text));
}

}  // namespace picoxx::devcluster
