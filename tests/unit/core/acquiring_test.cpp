// How one call comes by its connection, driven by hand over fake nodes.
#include "pool/acquiring.hpp"

#include "fake_cluster.hpp"
#include "settings/settings.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <pthread.h>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration time) { return TimePoint{} + 1h + time; }

// A session without a socket, so that there may be thousands. Lives until a look at it when all have ended.
class MortalSession final : public Session {
public:
    struct Fate {
        bool ended = false;
        std::size_t looks = 0;
    };
    explicit MortalSession(Fate& fate) noexcept : fate_{fate} {}

    [[nodiscard]] NativeSocket socket() const noexcept override { return no_socket; }
    [[nodiscard]] Interest interest() const noexcept override { return Interest::none; }
    [[nodiscard]] SessionState state() const noexcept override { return state_; }
    SessionState advance(Interest) noexcept override {
        ++fate_.looks;
        if (fate_.ended) state_ = SessionState::closed;
        return state_;
    }
    Status submit(const Command&, ResponseSink&) noexcept override { return testing::connection_lost(Effect::none); }
    void resume() noexcept override {}
    [[nodiscard]] std::size_t in_flight() const noexcept override { return 0; }
    void close() noexcept override { state_ = SessionState::closed; }
    [[nodiscard]] const Error* failure() const noexcept override { return nullptr; }
    [[nodiscard]] TlsState tls() const noexcept override { return {}; }
    [[nodiscard]] std::string_view server_parameter(CStringView) const noexcept override { return {}; }

private:
    Fate& fate_;
    SessionState state_ = SessionState::ready;
};

// Does it on a thread whose stack has no more than that.
void on_small_stack(std::size_t bytes, std::function<void()> work) {
    pthread_attr_t attributes;
    ASSERT_EQ(pthread_attr_init(&attributes), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&attributes, bytes), 0);
    pthread_t thread{};
    const auto run = [](void* argument) -> void* {
        (*static_cast<std::function<void()>*>(argument))();
        return nullptr;
    };
    ASSERT_EQ(pthread_create(&thread, &attributes, run, &work), 0);
    pthread_attr_destroy(&attributes);
    ASSERT_EQ(pthread_join(thread, nullptr), 0);
}

class AcquiringTest : public ::testing::Test {
protected:
    struct IgnoringWaker final : Waker {
        void wake() noexcept override {}
    };

    [[nodiscard]] std::unique_ptr<ClientCore> make(std::size_t max_size) {
        Options options{.dsn = FakeCluster::dsn(), .max_size = max_size};
        return std::make_unique<ClientCore>(*make_settings(std::move(options), cluster.components()), 42);
    }
    // Drives it while it waits for a session.
    static Await drive(Acquiring& acquiring, Await await, Duration time) {
        while (await.hears_io()) {
            await = acquiring.resume(Wakeup{Wakeup::Kind::ready, await.session->interest()}, at(time));
        }
        return await;
    }
    Await start(Acquiring& acquiring, Duration time) {
        return drive(acquiring, acquiring.start(waker, no_deadline, at(time)), time);
    }

    FakeCluster cluster{1};
    IgnoringWaker waker;
};

TEST_F(AcquiringTest, walks_over_thousands_of_idle_connections_that_have_ended_on_a_small_stack) {
    constexpr std::size_t count = 5'000;
    const auto core = make(count);
    MortalSession::Fate fate;
    core->with_engine([&](Engine& engine) {
        std::vector<std::unique_ptr<Connection>> connections;
        for (std::size_t i = 0; i < count; ++i) {
            AcquireRequest request;
            const Acquisition place = engine.acquire(request, at(0s));
            ASSERT_EQ(place.kind, Acquisition::Kind::dial);
            engine.dial_succeeded(*place.node, at(0s));
            auto session = std::make_unique<MortalSession>(fate);
            connections.push_back(std::make_unique<Connection>(*place.node, std::move(session), "127.0.0.1", 1));
            connections.back()->used(at(0s));
        }
        for (auto& connection : connections) engine.release(std::move(connection), at(0s));
        ASSERT_EQ(engine.idle(), count);
    });
    fate.ended = true;

    std::unique_ptr<Connection> connection;
    on_small_stack(256U * 1024U, [&] {
        Acquiring acquiring{*core, Face::synchronous};
        EXPECT_EQ(start(acquiring, 1s).kind, Await::Kind::finished);
        connection = acquiring.take();
    });

    ASSERT_NE(connection, nullptr) << "a new one";
    EXPECT_EQ(connection->session().state(), SessionState::ready);
    EXPECT_EQ(fate.looks, count) << "each was looked at once";
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U);
    EXPECT_EQ(core->with_engine([](Engine& engine) { return engine.open(); }), 1U);
    core->with_engine([&](Engine& engine) { engine.release(std::move(connection), at(1s)); });
}

TEST_F(AcquiringTest, whose_own_login_is_refused_waits_for_a_connection_that_is_merely_in_use) {
    const auto core = make(2);
    Acquiring first{*core, Face::synchronous};
    ASSERT_EQ(start(first, 0s).kind, Await::Kind::finished);
    std::unique_ptr<Connection> in_use = first.take();
    ASSERT_NE(in_use, nullptr);
    cluster.node(1).refuse(make_error(Errc::authentication_failed, "login refused"));

    Acquiring second{*core, Face::synchronous};
    ASSERT_EQ(start(second, 1ms).kind, Await::Kind::turn) << "the call does not fail";
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 2U) << "it has tried";
    core->with_engine([&](Engine& engine) { engine.release(std::move(in_use), at(2ms)); });

    EXPECT_EQ(drive(second, second.resume(Wakeup{Wakeup::Kind::turn}, at(2ms)), 2ms).kind, Await::Kind::finished);
    std::unique_ptr<Connection> served = second.take();
    ASSERT_NE(served, nullptr);
    core->with_engine([&](Engine& engine) { engine.release(std::move(served), at(3ms)); });
}

}  // namespace
}  // namespace picoxx
