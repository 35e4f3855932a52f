// Memory that runs out in the middle of a call: each allocation that core makes for one fails once. The call ends,
// nothing is lost, and the next call is served.
#include "call/call.hpp"
#include "fake_cluster.hpp"
#include "settings/settings.hpp"

#include <picoxx/testing/allocation_counter.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using testing::AllocationsOfTheTest;
using testing::FailingAllocation;

// A fake session, and its transport, whose own memory never runs out.
class SpacedSession final : public Session {
public:
    explicit SpacedSession(std::unique_ptr<Session> session) noexcept : session_{std::move(session)} {}
    ~SpacedSession() override {
        const AllocationsOfTheTest its_own;
        session_.reset();
    }
    [[nodiscard]] NativeSocket socket() const noexcept override { return session_->socket(); }
    [[nodiscard]] Interest interest() const noexcept override { return session_->interest(); }
    [[nodiscard]] SessionState state() const noexcept override { return session_->state(); }
    SessionState advance(Interest ready) noexcept override {
        const AllocationsOfTheTest its_own;
        return session_->advance(ready);
    }
    Status submit(const Command& command, ResponseSink& sink) noexcept override {
        const AllocationsOfTheTest its_own;
        return session_->submit(command, sink);
    }
    void resume() noexcept override { session_->resume(); }
    [[nodiscard]] std::size_t in_flight() const noexcept override { return session_->in_flight(); }
    void close() noexcept override {
        const AllocationsOfTheTest its_own;
        session_->close();
    }
    [[nodiscard]] const Error* failure() const noexcept override { return session_->failure(); }
    [[nodiscard]] TlsState tls() const noexcept override { return session_->tls(); }
    [[nodiscard]] std::string_view server_parameter(CStringView name) const noexcept override {
        return session_->server_parameter(name);
    }

private:
    std::unique_ptr<Session> session_;
};

class SpacedTransport final : public Transport {
public:
    explicit SpacedTransport(Transport& transport) noexcept : transport_{transport} {}
    Result<std::unique_ptr<Session>> open(const ConnectOptions& options) noexcept override {
        const AllocationsOfTheTest its_own;
        Result<std::unique_ptr<Session>> session = transport_.open(options);
        if (!session.ok()) return session;
        return std::unique_ptr<Session>{std::make_unique<SpacedSession>(*std::move(session))};
    }

private:
    Transport& transport_;
};

class NoMemory : public ::testing::Test {
protected:
    struct IgnoringWaker final : Waker {
        void wake() noexcept override {}
    };

    // One client, and a call of it.
    struct Round {
        explicit Round(std::size_t nodes) : cluster{nodes} {
            Components components = cluster.components();
            components.transport = std::make_shared<SpacedTransport>(cluster.transport());
            std::string dsn = FakeCluster::dsn();
            for (std::size_t i = 2; i <= nodes; ++i) dsn += ',' + to_string(FakeCluster::endpoint(i));
            core.emplace(*make_settings(Options{.dsn = dsn, .max_size = 1}, components), 42);
        }
        // What it waits for, if that is no session.
        Await drive(Task& task, Wakeup wakeup) {
            Await await = task.go_on(wakeup, now);
            while (await.hears_io()) {
                await = task.go_on(Wakeup{Wakeup::Kind::ready, await.session->interest()}, now);
            }
            return await;
        }
        Error call(const StatementView& statement = insert) {
            Call call{*core, statement, Face::synchronous};
            call.set_waker(waker);
            EXPECT_EQ(drive(call, {}).kind, Await::Kind::finished);
            return error_of(call);
        }
        [[nodiscard]] std::size_t executions() {
            return cluster.node(1).executions_of("INSERT") + cluster.node(2).executions_of("INSERT");
        }
        static Error error_of(Call& call) {
            const Outcome outcome = call.take_outcome();
            return outcome.error == nullptr ? Error{} : std::move(*outcome.error);
        }
        static inline const StatementView insert{"INSERT", nullptr, {}};

        FakeCluster cluster;
        IgnoringWaker waker;
        TimePoint now = TimePoint{} + 1h;
        std::optional<ClientCore> core;
    };

    // `prepare` with memory enough, then `act` while its first allocation fails, then the second one, and so on until
    // there are no more.
    static void expect_contained(std::size_t nodes, const std::function<void(Round&)>& prepare,
                                 const std::function<Error(Round&)>& act) {
        std::size_t failures = 0;
        for (bool happened = true; happened; failures += happened ? 1U : 0U) {
            SCOPED_TRACE("allocation " + std::to_string(failures));
            Round round{nodes};
            prepare(round);
            Error error;
            const std::size_t executed = round.executions();
            {
                const FailingAllocation failing{failures};
                error = act(round);
                happened = failing.happened();
            }
            if (happened) {
                EXPECT_TRUE(!error || error.code == Errc::out_of_memory) << describe(error);
                if (round.executions() > executed) {
                    EXPECT_TRUE(!error || error.effect != Effect::none) << "it did run";
                }
            }
            EXPECT_EQ(round.core->with_engine([](Engine& engine) { return engine.busy(); }), 0U);
            EXPECT_EQ(round.core->with_engine([](Engine& engine) { return engine.waiting(); }), 0U);
            round.now += 1min;  // a node that failed is tried again
            EXPECT_FALSE(round.call(StatementView{"SELECT 1"})) << "the next call is served";
            if (::testing::Test::HasFailure()) return;
        }
        EXPECT_GT(failures, 0U) << "nothing was tried";
    }
};

TEST_F(NoMemory, while_connecting) {
    expect_contained(
        1, [](Round&) {}, [](Round& round) { return round.call(); });
}

TEST_F(NoMemory, on_a_connection_that_is_there) {
    expect_contained(
        1, [](Round& round) { EXPECT_FALSE(round.call()); }, [](Round& round) { return round.call(); });
}

TEST_F(NoMemory, where_one_node_refuses_and_the_next_one_serves) {
    expect_contained(
        2, [](Round& round) { round.cluster.node(1).refuse(); }, [](Round& round) { return round.call(); });
}

TEST_F(NoMemory, where_the_server_answers_with_an_error) {
    expect_contained(
        1, [](Round& round) { EXPECT_FALSE(round.call()); },
        [](Round& round) {
            {
                const AllocationsOfTheTest its_own;
                round.cluster.node(1).answer_once("INSERT", testing::error_answer(testing::server_error("no")));
            }
            const Error error = round.call();
            return error.code == Errc::server_error ? Error{} : error;
        });
}

TEST_F(NoMemory, where_the_connection_is_lost_with_the_statement) {
    static const StatementView marked{"INSERT", nullptr, {.idempotence = Idempotence::yes}};
    expect_contained(
        1, [](Round& round) { EXPECT_FALSE(round.call()); },
        [](Round& round) {
            {
                const AllocationsOfTheTest its_own;
                round.cluster.node(1).answer_once("INSERT", testing::lost_answer());
            }
            return round.call(marked);
        });
}

TEST_F(NoMemory, where_its_time_ends_while_it_is_executed) {
    static const StatementView slow{"SLOW", nullptr, {.timeout = 100ms}};
    expect_contained(
        1,
        [](Round& round) {
            round.cluster.node(1).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
            EXPECT_FALSE(round.call());
        },
        [](Round& round) {
            Call call{*round.core, slow, Face::synchronous};
            call.set_waker(round.waker);
            Await await = call.go_on({}, round.now);
            if (await.kind != Await::Kind::finished) {
                round.now += 100ms;
                await = call.go_on(Wakeup{Wakeup::Kind::expired}, round.now);
            }
            EXPECT_EQ(await.kind, Await::Kind::finished);
            const Error error = Round::error_of(call);
            const AllocationsOfTheTest its_own;
            EXPECT_TRUE(round.cluster.node(1).submitted().size() < 2 || error.effect == Effect::unknown);
            return error.code == Errc::deadline_exceeded ? Error{} : error;
        });
}

TEST_F(NoMemory, while_waiting_for_the_only_connection) {
    expect_contained(
        1, [](Round& round) { EXPECT_FALSE(round.call()); },
        [](Round& round) {
            AcquireRequest other;
            other.waker = &round.waker;
            Acquisition taken = round.core->with_engine(
                [&](Engine& engine) { return engine.acquire(other, round.now); });
            Call call{*round.core, Round::insert, Face::synchronous};
            call.set_waker(round.waker);
            const bool waits = round.drive(call, {}).kind == Await::Kind::turn;
            round.core->with_engine([&](Engine& engine) { engine.release(std::move(taken.connection), round.now); });
            if (waits) static_cast<void>(round.drive(call, Wakeup{Wakeup::Kind::turn}));
            return Round::error_of(call);
        });
}

}  // namespace
}  // namespace picoxx
