#include "login.hpp"

#include "wire/digest.hpp"
#include "wire/scram_server.hpp"

#include <optional>
#include <string_view>

namespace picoxx::devcluster {
namespace {

constexpr std::string_view mechanism = "SCRAM-SHA-256";

/// How an exchange of messages ended; the lock-out is looked at after it.
struct Exchange {
    enum class Outcome { proven, not_proven, interrupted } outcome = Outcome::not_proven;
    std::string reason;  ///< for the error text, beyond the user's name
};

class Login {
public:
    Login(MessageStream& stream, Instance& instance, const std::string& user)
        : stream_{stream}, instance_{instance}, user_{user} {}

    LoginResult run() {
        record_ = instance_.catalog.find_user(user_);
        if (!record_) return finish(sasl(ScramSecret::nobody()));
        switch (record_->method) {
            case AuthMethod::md5: return finish(md5_password());
            case AuthMethod::scram_sha256: return finish(sasl(ScramSecret::of(record_->password)));
            case AuthMethod::ldap: return finish(cleartext_password());
            case AuthMethod::chap_sha1: return finish({});  // cannot log in over this protocol
        }
        return finish({});
    }

private:
    using Outcome = Exchange::Outcome;

    std::optional<std::string> read_password() {
        if (stream_.flush() == SocketResult::closed) return std::nullopt;
        auto message = stream_.read();
        if (!message) return std::nullopt;
        if (const auto* broken = std::get_if<BrokenStream>(&*message)) {
            io_error_ = broken->reason;
            return std::nullopt;
        }
        auto* password = std::get_if<PasswordMessage>(&std::get<FrontendMessage>(*message));
        if (!password) {
            io_error_ = "unexpected message";
            return std::nullopt;
        }
        return std::move(password->data);
    }

    static std::string_view without_terminator(std::string_view text) { return text.substr(0, text.find('\0')); }

    Exchange md5_password() {
        const auto salt = random_bytes(4);
        stream_.out().authentication(AuthCode::md5_password, salt);
        const auto answer = read_password();
        if (!answer) return {Outcome::interrupted, {}};
        const bool fits = without_terminator(*answer) == md5_response(user_, record_->password, salt);
        if (!fits) return {};
        return {Outcome::proven, {}};
    }

    Exchange cleartext_password() {
        stream_.out().authentication(AuthCode::cleartext_password);
        if (!read_password()) return {Outcome::interrupted, {}};
        return {Outcome::not_proven, "LDAP: LDAP server not configured"};
    }

    Exchange sasl(ScramSecret secret) {
        stream_.out().authentication(AuthCode::sasl, std::string{mechanism} + std::string(2, '\0'));
        const auto initial = read_password();
        if (!initial) return {Outcome::interrupted, {}};
        const auto name = without_terminator(*initial);
        if (name != mechanism) return {Outcome::not_proven, "unsupported auth method: " + std::string{name}};

        constexpr std::size_t length_field = 4;
        if (initial->size() < name.size() + 1 + length_field) return {};
        ScramServer server{std::move(secret)};
        const auto server_first = server.first(std::string_view{*initial}.substr(name.size() + 1 + length_field));
        if (!server_first) return {};
        stream_.out().authentication(AuthCode::sasl_continue, *server_first);

        const auto response = read_password();
        if (!response) return {Outcome::interrupted, {}};
        const auto server_last = server.last(*response);
        if (!server_last) return {};
        // Picodata says so before it looks whether the user is locked.
        stream_.out().authentication(AuthCode::sasl_final, *server_last);
        stream_.out().authentication(AuthCode::ok);
        return {Outcome::proven, {}};
    }

    [[nodiscard]] bool is_scram() const { return !record_ || record_->method == AuthMethod::scram_sha256; }

    [[nodiscard]] bool is_locked() {
        return !record_->may_login ||
               instance_.logins.is_locked(user_, record_->login_epoch, instance_.catalog.login_attempt_max());
    }

    LoginResult finish(const Exchange& exchange) {
        if (exchange.outcome == Outcome::proven && !is_locked()) {
            instance_.logins.succeeded(user_);
            ++instance_.counters.logins;
            if (!is_scram()) stream_.out().authentication(AuthCode::ok);
            return LoginResult::ok;
        }
        ++instance_.counters.failed_logins;
        const bool interrupted = exchange.outcome == Outcome::interrupted;
        const bool counts = !interrupted || is_scram();  // an aborted md5 exchange does not count
        if (record_ && counts) instance_.logins.failed(user_, record_->login_epoch);
        if (interrupted) {
            if (!io_error_.empty()) refuse("58030", "IO error: " + io_error_);
            return LoginResult::refused;
        }
        auto text = "authentication failed for user '" + user_ + "'";
        if (!exchange.reason.empty()) text += ": " + exchange.reason;
        refuse("28P01", text);
        return LoginResult::refused;
    }

    void refuse(std::string_view sqlstate, const std::string& text) {
        stream_.out().error(sqlstate, text);
        (void)stream_.flush();  // the connection ends in any case
    }

    MessageStream& stream_;
    Instance& instance_;
    const std::string& user_;
    std::optional<UserRecord> record_;
    std::string io_error_;  ///< set when the client sent something that is no password
};

}  // namespace

LoginResult log_in(MessageStream& stream, Instance& instance, const std::string& user) {
    return Login{stream, instance, user}.run();
}

}  // namespace picoxx::devcluster
