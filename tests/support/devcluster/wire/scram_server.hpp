#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// What the server keeps of a password for SCRAM-SHA-256.
struct ScramSecret {
    std::string salt;
    std::string stored_key;
    std::string server_key;
    static constexpr int iterations = 4096;

    [[nodiscard]] static ScramSecret of(std::string_view password);
    /// No password fits it: for users that do not exist, so that they look like those who do.
    [[nodiscard]] static ScramSecret nobody();
};

/// The server's side of one SCRAM-SHA-256 exchange (RFC 5802, RFC 7677) without channel binding.
/// No I/O: texts in, texts out; no value means that the client's text is malformed or its proof wrong.
class ScramServer {
public:
    explicit ScramServer(ScramSecret secret);

    /// @returns the server-first-message.
    [[nodiscard]] std::optional<std::string> first(std::string_view client_first);
    /// @pre first() gave a value. @returns the server-final-message: the client is who it says.
    [[nodiscard]] std::optional<std::string> last(std::string_view client_final);

private:
    ScramSecret secret_;
    std::string gs2_header_;
    std::string client_first_bare_;
    std::string server_first_;
    std::string nonce_;
};

}  // namespace picoxx::devcluster
