#pragma once

#include "server_end.hpp"
#include "sim_cluster.hpp"

#include <picoxx/port/transport.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace picoxx::simulation {

/// The client's end of a connection. What the server does is planned in the world; `advance` hands over what has
/// arrived.
class SimSession final : public Session {
public:
    SimSession(SimCluster& cluster, const std::string& address, std::string password);
    ~SimSession() override { close(); }

    [[nodiscard]] NativeSocket socket() const noexcept override {
        return state_ == SessionState::closed ? no_socket : 0;
    }
    [[nodiscard]] Interest interest() const noexcept override {
        if (state_ == SessionState::connecting && !is_connected_) return Interest::write;
        return outgoing_.empty() ? Interest::read : Interest::both;
    }
    [[nodiscard]] SessionState state() const noexcept override { return state_; }
    SessionState advance(Interest ready) noexcept override;
    Status submit(const Command& command, ResponseSink& sink) noexcept override;
    void resume() noexcept override {}
    [[nodiscard]] std::size_t in_flight() const noexcept override { return pending_.size(); }
    void close() noexcept override;
    [[nodiscard]] const Error* failure() const noexcept override { return failure_ ? &*failure_ : nullptr; }
    [[nodiscard]] TlsState tls() const noexcept override { return {}; }
    [[nodiscard]] std::string_view server_parameter(CStringView) const noexcept override { return {}; }

    // -- for the shell
    /// What a poll would find.
    [[nodiscard]] Interest readiness() const noexcept;

    // -- for the server's end
    /// The network connection stands.
    void connected() noexcept { is_connected_ = true; }
    void arrived_ready();
    void arrived_answers(std::vector<Answer> answers);
    void arrived_loss(Error error);
    void lose_what_is_under_way() noexcept { deaf_ = true; }

private:
    enum class Sent : std::uint8_t { no, partly, wholly };
    struct Pending {
        ResponseSink* sink;
        std::optional<std::uint64_t> statement;
        Sent sent = Sent::no;
    };

    [[nodiscard]] bool has_statement_under_way() const noexcept;
    void write(Request request, Pending& pending);
    void begin_sending(Pending& pending);
    void flush();
    void deliver(Answer answer);
    void break_down(std::optional<Error> failure) noexcept;
    void fail_pending() noexcept;

    SimCluster& cluster_;
    std::shared_ptr<ServerEnd> server_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    SessionState state_ = SessionState::connecting;
    bool is_ready_ = false;  // says what has arrived
    bool is_writable_ = true;
    bool deaf_ = false;  // answers do not arrive any more
    bool is_connected_ = false;
    std::deque<Answer> answers_;
    std::optional<Error> loss_;
    std::deque<Pending> pending_;
    std::deque<Request> outgoing_;  // of the last ones pending, for which there was no place to be sent
    std::optional<Error> failure_;
};

class SimTransport final : public Transport {
public:
    explicit SimTransport(SimCluster& cluster) : cluster_{cluster} {}
    Result<std::unique_ptr<Session>> open(const ConnectOptions& options) noexcept override;

private:
    SimCluster& cluster_;
};

}  // namespace picoxx::simulation
