#pragma once

#include "pool/client_core.hpp"
#include "task/task.hpp"
#include "topology/question.hpp"

#include <picoxx/port/discovery_source.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace picoxx {

/// Finds out to which node a connection of the pool leads that was made under a seed's name, which may be a balancer's:
/// asks there as discovery does, and takes of the answer who gave it.
class Identification final : public Task {
public:
    /// In the background; where there is none the connection is closed.
    static void start(ClientCore& core, std::unique_ptr<Connection> connection) noexcept;
    /// `core` outlives the task. @pre the connection is of Engine::take_unidentified
    Identification(ClientCore& core, std::unique_ptr<Connection>&& connection);
    ~Identification() override;

    Await resume(const Wakeup& wakeup, TimePoint now) override;
    /// The connection is closed.
    void let_go() noexcept override;
    [[nodiscard]] Connection* connection() const noexcept override { return connection_.get(); }

private:
    class Question final : public DiscoveryContext {
    public:
        Question(Endpoint endpoint, std::string_view user, Session& session) noexcept
            : endpoint_{std::move(endpoint)}, user_{user}, session_{session} {}
        /// Of who answers; empty where nobody says.
        [[nodiscard]] const std::optional<std::string>& id() const noexcept { return id_; }

        [[nodiscard]] const Endpoint& endpoint() const noexcept override { return endpoint_; }
        [[nodiscard]] std::string_view user() const noexcept override { return user_; }
        void query(CStringView sql, std::span<const Parameter> parameters, ResponseSink& sink) noexcept override {
            put_question(session_, sql, parameters, sink);
        }
        void publish(Topology topology) noexcept override { id_ = std::move(topology.answered_by); }
        void fail(Error) noexcept override { id_.emplace(); }

    private:
        Endpoint endpoint_;
        std::string_view user_;
        Session& session_;
        std::optional<std::string> id_;
    };

    ClientCore& core_;
    Question question_;
    std::unique_ptr<Connection> connection_;  // taken when nothing can fail any more
    TimePoint until_{};
};

}  // namespace picoxx
