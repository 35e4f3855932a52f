#pragma once

#include <picoxx/testing/session_driver.hpp>

#include <picoxx/port/transport.hpp>

#include <gtest/gtest.h>

#include <barrier>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace picoxx::testing {

/// A transport, and where it is led to. What a function answers is asked for anew in each test.
struct TransportContractParam {
    std::string name;
    std::function<std::shared_ptr<Transport>()> make;
    std::function<ConnectOptions()> reachable;       ///< A node that lets the user in.
    std::function<ConnectOptions()> nobody_listens;  ///< A port that refuses.
    std::function<ConnectOptions()> wrong_password;  ///< A node that refuses the login.
    std::function<ConnectOptions()> silent;          ///< TCP is accepted, then nothing comes.
};

inline std::ostream& operator<<(std::ostream& out, const TransportContractParam& param) { return out << param.name; }

/// What every Transport obeys; its sessions also pass SessionContract. Include it in one source file of a test program.
/// Use: `INSTANTIATE_TEST_SUITE_P(mine, TransportContract, ::testing::Values(TransportContractParam{...}));`
class TransportContract : public ::testing::TestWithParam<TransportContractParam> {
protected:
    void SetUp() override {
        transport_ = GetParam().make();
        ASSERT_NE(transport_, nullptr);
    }

    [[nodiscard]] std::unique_ptr<Session> open(const ConnectOptions& options) {
        Result<std::unique_ptr<Session>> session = transport_->open(options);
        EXPECT_TRUE(session.ok()) << session.error().text;
        return session.ok() ? *std::move(session) : nullptr;
    }

    /// How connecting fails, at once or later.
    [[nodiscard]] Error failure_of(const ConnectOptions& options) {
        const Result<std::unique_ptr<Session>> session = transport_->open(options);
        if (!session.ok()) return session.error();
        EXPECT_FALSE(drive_to_ready(**session));
        EXPECT_EQ((*session)->state(), SessionState::closed);
        EXPECT_EQ((*session)->socket(), no_socket);
        return (*session)->failure() != nullptr ? *(*session)->failure() : Error{};
    }

    std::shared_ptr<Transport> transport_;
};

TEST_P(TransportContract, opens_a_session_that_is_connecting) {
    const auto session = open(GetParam().reachable());
    ASSERT_NE(session, nullptr);

    EXPECT_EQ(session->state(), SessionState::connecting);
    EXPECT_NE(session->socket(), no_socket);
    EXPECT_TRUE(drive_to_ready(*session));
}

TEST_P(TransportContract, keeps_nothing_of_the_options) {
    auto options = std::make_unique<ConnectOptions>(GetParam().reachable());
    const auto session = open(*options);
    ASSERT_NE(session, nullptr);
    for (std::string* text : {&options->address, &options->user, &options->password, &options->endpoint.host}) {
        text->assign(text->size(), '#');
    }
    options.reset();

    EXPECT_TRUE(drive_to_ready(*session));
}

TEST_P(TransportContract, makes_sessions_that_may_outlive_it) {
    const auto session = open(GetParam().reachable());
    ASSERT_NE(session, nullptr);

    transport_.reset();

    EXPECT_TRUE(drive_to_ready(*session));
}

TEST_P(TransportContract, makes_sessions_that_know_nothing_of_each_other) {
    const auto first = open(GetParam().reachable());
    const auto second = open(GetParam().reachable());
    ASSERT_TRUE(first != nullptr && second != nullptr);
    EXPECT_NE(first->socket(), second->socket());

    first->close();

    EXPECT_TRUE(drive_to_ready(*second));
}

TEST_P(TransportContract, a_node_where_nobody_listens_is_a_failed_connect) {
    const Error error = failure_of(GetParam().nobody_listens());

    EXPECT_EQ(error.code, Errc::connect_failed) << error.text;
    EXPECT_EQ(error.effect, Effect::none);
    EXPECT_FALSE(error.text.empty());
}

TEST_P(TransportContract, a_refused_login_is_told_from_other_failures_and_without_the_password) {
    const ConnectOptions options = GetParam().wrong_password();
    ASSERT_FALSE(options.password.empty());

    const Error error = failure_of(options);

    EXPECT_EQ(error.code, Errc::authentication_failed) << error.text;
    EXPECT_EQ(error.effect, Effect::none);
    for (const std::string& text : {error.text, error.server_text, error.node}) {
        EXPECT_EQ(text.find(options.password), std::string::npos) << text;
    }
}

TEST_P(TransportContract, a_silent_node_holds_nobody_up) {
    const auto session = open(GetParam().silent());  // returns
    ASSERT_NE(session, nullptr);

    EXPECT_FALSE(drive(
        *session, [] { return false; }, std::chrono::milliseconds{20}));
    EXPECT_EQ(session->state(), SessionState::connecting) << "time is the core's business";
    EXPECT_EQ(session->advance(Interest::none), SessionState::connecting);
    session->close();
    EXPECT_EQ(session->state(), SessionState::closed);
}

TEST_P(TransportContract, opens_on_many_threads_at_once) {
    constexpr std::size_t threads = 4;
    std::barrier start{static_cast<std::ptrdiff_t>(threads)};
    std::vector<std::size_t> ready(threads);
    std::vector<std::thread> running;
    for (std::size_t& count : ready) {
        running.emplace_back([&] {
            const ConnectOptions options = GetParam().reachable();
            start.arrive_and_wait();
            for (int i = 0; i < 5; ++i) {
                const Result<std::unique_ptr<Session>> session = transport_->open(options);
                if (session.ok() && drive_to_ready(**session)) ++count;
            }
        });
    }
    for (std::thread& thread : running) thread.join();

    EXPECT_EQ(ready, std::vector<std::size_t>(threads, 5));
}

}  // namespace picoxx::testing
