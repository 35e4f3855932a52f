#pragma once

#include <picoxx/testing/fake_answer.hpp>

#include <picoxx/port/error.hpp>
#include <picoxx/port/session.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx::testing {

/// What a session of a fake hears from its node, from any thread.
class FakeNodeListener {
public:
    virtual void on_released() noexcept = 0;
    virtual void on_lost() noexcept = 0;

protected:
    ~FakeNodeListener() = default;
};

/// The server side of fake sessions: a script of answers, faults on command, and a record of what arrived.
/// Thread safety: any.
class FakeNode {
public:
    using Responder = std::function<FakeAnswer(const FakeSubmission&)>;
    enum class Sending : std::uint8_t {
        at_once,
        when_writable,  ///< A command stays unsent until the session was told that it may write.
    };
    enum class Login : std::uint8_t { accept, refuse, lose, hang };
    struct LoginPlan {
        Login login = Login::accept;
        Error error;  ///< With refuse and lose.
    };

    // --- the script ---

    /// Every execution of `sql` is answered so.
    void answer(std::string sql, FakeAnswer answer) {
        const std::lock_guard lock{mutex_};
        answers_[std::move(sql)].always = std::move(answer);
    }
    /// The next execution of `sql` is answered so; several calls queue up and come before `answer`.
    void answer_once(std::string sql, FakeAnswer answer) {
        const std::lock_guard lock{mutex_};
        answers_[std::move(sql)].once.push_back(std::move(answer));
    }
    /// Statements without an answer of their own are answered so, prepares too (`FakeSubmission::kind` tells). Of the
    /// answer to a prepare count the columns, and an ending that strikes at Phase::parse; a server would find a syntax
    /// error there. Without a responder such statements fail with a server error.
    void respond(Responder responder) {
        const std::lock_guard lock{mutex_};
        responder_ = std::move(responder);
    }

    // --- faults; they act on sessions opened, or statements sent, from now on ---

    void accept() { plan_login({}); }
    /// New sessions are refused, such as with `connect_failed` or `authentication_failed`.
    void refuse(Error error = make_error(Errc::connect_failed, "connection refused")) {
        plan_login({Login::refuse, std::move(error)});
    }
    /// New sessions end during the handshake, without a message.
    void lose_logins() { plan_login({Login::lose, make_error(Errc::connect_failed, "closed during the handshake")}); }
    /// TCP accepts, then nothing comes, until `accept` or `release`.
    void hang_logins() { plan_login({Login::hang, {}}); }
    void send(Sending sending) {
        const std::lock_guard lock{mutex_};
        sending_ = sending;
    }

    /// What hangs now, logins and statements, goes on.
    void release() {
        const std::lock_guard lock{mutex_};
        ++releases_;
        for (FakeNodeListener* session : sessions_) session->on_released();
    }
    /// All open sessions lose their connection; new ones may come.
    void lose_sessions() {
        const std::lock_guard lock{mutex_};
        for (FakeNodeListener* session : sessions_) session->on_lost();
    }
    /// The process dies: sessions end, new ones are refused until `accept`.
    void kill() {
        refuse();
        lose_sessions();
    }

    // --- what sessions report ---

    void set_tls(bool active, std::string protocol = "TLSv1.3", std::string cipher = "TLS_AES_256_GCM_SHA384") {
        const std::lock_guard lock{mutex_};
        tls_active_ = active;
        tls_protocol_ = std::move(protocol);
        tls_cipher_ = std::move(cipher);
    }
    void set_server_parameter(std::string name, std::string value) {
        const std::lock_guard lock{mutex_};
        server_parameters_[std::move(name)] = std::move(value);
    }

    // --- the record ---

    /// All commands that were submitted, in order. The Parse of the unnamed statement is not listed: it comes with its
    /// execute, which has the SQL.
    [[nodiscard]] std::vector<FakeSubmission> submitted() const {
        const std::lock_guard lock{mutex_};
        return submitted_;
    }
    /// The SQL of all statements that were executed, in order.
    [[nodiscard]] std::vector<std::string> executed() const {
        const std::lock_guard lock{mutex_};
        return executed_;
    }
    [[nodiscard]] std::size_t executions_of(std::string_view sql) const {
        const std::lock_guard lock{mutex_};
        return static_cast<std::size_t>(std::count(executed_.begin(), executed_.end(), sql));
    }
    [[nodiscard]] std::size_t open_sessions() const {
        const std::lock_guard lock{mutex_};
        return sessions_.size();
    }
    [[nodiscard]] std::size_t sessions_so_far() const {
        const std::lock_guard lock{mutex_};
        return sessions_so_far_;
    }

    // --- for FakeSession ---

    void enter(FakeNodeListener& session) {
        const std::lock_guard lock{mutex_};
        sessions_.push_back(&session);
        ++sessions_so_far_;
    }
    void leave(FakeNodeListener& session) {
        const std::lock_guard lock{mutex_};
        std::erase(sessions_, &session);
    }
    [[nodiscard]] LoginPlan login() const {
        const std::lock_guard lock{mutex_};
        return login_;
    }
    [[nodiscard]] Sending sending() const {
        const std::lock_guard lock{mutex_};
        return sending_;
    }
    [[nodiscard]] std::uint64_t releases() const {
        const std::lock_guard lock{mutex_};
        return releases_;
    }
    void record(FakeSubmission submission) {
        const std::lock_guard lock{mutex_};
        submitted_.push_back(std::move(submission));
    }
    void record_execution(std::string sql) {
        const std::lock_guard lock{mutex_};
        executed_.push_back(std::move(sql));
    }
    [[nodiscard]] FakeAnswer take_answer(const FakeSubmission& submission) {
        Responder responder;
        {
            const std::lock_guard lock{mutex_};
            const auto found = answers_.find(submission.sql);
            if (found != answers_.end()) {
                Script& script = found->second;
                if (!script.once.empty()) return take_once(script, submission.kind);
                if (script.always) return *script.always;
            }
            responder = responder_;
        }
        if (responder) return responder(submission);
        return error_answer(server_error("the fake has no answer for: " + submission.sql), FakeAnswer::Phase::parse);
    }
    [[nodiscard]] TlsState tls() const {
        const std::lock_guard lock{mutex_};
        if (!tls_active_) return {};
        return {true, tls_protocol_, tls_cipher_};
    }
    [[nodiscard]] std::string_view server_parameter(std::string_view name) const {
        const std::lock_guard lock{mutex_};
        const auto found = server_parameters_.find(name);
        return found == server_parameters_.end() ? std::string_view{} : found->second;
    }

private:
    struct Script {
        std::deque<FakeAnswer> once;
        std::optional<FakeAnswer> always;
    };

    static FakeAnswer take_once(Script& script, Command::Kind kind) {
        FakeAnswer answer = script.once.front();
        // A prepare uses up only what strikes at a prepare.
        if (kind == Command::Kind::execute || answer.phase == FakeAnswer::Phase::parse) {
            script.once.pop_front();
        }
        return answer;
    }

    void plan_login(LoginPlan plan) {
        const std::lock_guard lock{mutex_};
        login_ = std::move(plan);
        for (FakeNodeListener* session : sessions_) session->on_released();
    }

    mutable std::mutex mutex_;
    std::map<std::string, Script, std::less<>> answers_;
    Responder responder_;
    LoginPlan login_;
    Sending sending_ = Sending::at_once;
    std::uint64_t releases_ = 0;
    std::vector<FakeNodeListener*> sessions_;
    std::size_t sessions_so_far_ = 0;
    std::vector<FakeSubmission> submitted_;
    std::vector<std::string> executed_;
    bool tls_active_ = false;
    std::string tls_protocol_;
    std::string tls_cipher_;
    std::map<std::string, std::string, std::less<>> server_parameters_{
        {"server_version", "15.0"}, {"server_encoding", "UTF8"}, {"client_encoding", "UTF8"}};
};

}  // namespace picoxx::testing
