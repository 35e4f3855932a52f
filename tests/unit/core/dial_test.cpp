// Connections made by hand, over fake nodes.
#include "session/dial.hpp"

#include "fake_cluster.hpp"
#include "settings/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

class DialTest : public ::testing::Test {
protected:
    [[nodiscard]] Dial to(std::size_t number) {
        return {settings, unanswered, FakeCluster::endpoint(number), no_deadline, no_deadline};
    }
    // @return whether it came to its end
    static bool drive(Dial& dial, Wakeup wakeup) {
        Await await = dial.resume(wakeup, TimePoint{});
        for (int steps = 0; await.hears_io() && steps < 10; ++steps) {
            await = dial.resume(Wakeup{Wakeup::Kind::ready, await.session->interest()}, TimePoint{});
        }
        return await.kind == Await::Kind::finished;
    }
    [[nodiscard]] static Error refusal() {
        Error error = make_error(Errc::connect_failed, "the node refused the connection");
        error.server_text = R"(unrecognized configuration parameter "pico_stmt_invalidation")";
        return error;
    }

    FakeCluster cluster{2};
    Settings settings = *make_settings(Options{.dsn = FakeCluster::dsn()}, cluster.components());
    UnansweredHandshakes unanswered;
};

TEST_F(DialTest, wished_options_that_another_dial_found_refused_are_to_blame_where_they_were_sent) {
    cluster.node(1).hang_logins();
    cluster.node(2).hang_logins();
    Dial first = to(1);
    Dial second = to(2);
    ASSERT_FALSE(drive(first, {}));
    ASSERT_FALSE(drive(second, {}));

    for (std::size_t i = 1; i <= 2; ++i) {
        cluster.node(i).refuse(refusal());
        Dial& dial = i == 1 ? first : second;
        ASSERT_EQ(dial.resume(Wakeup{Wakeup::Kind::ready, Interest::read}, TimePoint{}).kind, Await::Kind::io);
        cluster.node(i).accept();
        EXPECT_TRUE(drive(dial, Wakeup{Wakeup::Kind::ready, Interest::both}));
        EXPECT_TRUE(dial.take().ok()) << i;
    }

    std::vector<std::string> sent;
    for (const ConnectOptions& opened : cluster.transport().opened()) sent.push_back(opened.wished_server_options);
    const std::string wish = "pico_stmt_invalidation=true";
    EXPECT_EQ(sent, (std::vector<std::string>{wish, wish, "", ""}));
}

// A node `many.test` that has several addresses, each of which is a fake node of its own; in virtual time.
class SeveralAddresses : public ::testing::Test {
protected:
    using Names = std::vector<std::string>;
    static constexpr Duration time_to_connect = 5s;

    [[nodiscard]] static TimePoint at(Duration time) { return TimePoint{} + 1h + time; }
    [[nodiscard]] testing::FakeNode& node(const std::string& address) {
        return cluster.transport().node(Endpoint{address, 1001});
    }
    [[nodiscard]] static std::string address(std::size_t number) { return "10.0.0." + std::to_string(number); }

    /// Begins a dial to these addresses, and goes on as far as nobody has to wait.
    void dial(std::size_t addresses, Duration time, TimePoint hurry = no_deadline) {
        dial_.emplace(settings, unanswered, Endpoint{"many.test", 1001}, at(time + time_to_connect), hurry);
        await_ = dial_->resume(Wakeup{}, at(time));
        ASSERT_EQ(await_.kind, Await::Kind::resolve);
        for (std::size_t i = 1; i <= addresses; ++i) await_.of.request->addresses.push_back(address(i));
        go_on(Wakeup{Wakeup::Kind::resolved}, time);
    }
    void go_on(Wakeup wakeup, Duration time) {
        await_ = dial_->resume(wakeup, at(time));
        while (!is_over()) {
            const std::optional<Interest> ready = find_ready();
            if (!ready) return;
            await_ = dial_->resume(Wakeup{Wakeup::Kind::ready, *ready}, at(time));
        }
    }
    /// As a shell does that looks at all of them, and then at the clock.
    void wait_until(Duration time) {
        while (!is_over() && await_.until <= at(time)) {
            go_on(Wakeup{Wakeup::Kind::expired}, await_.until - at(0s));
        }
    }
    /// So many times, each after a while, at a first address that says nothing. @return what time it is then
    Duration dial_in_vain(int times) {
        Duration time = 0s;
        for (int i = 0; i < times; ++i, time += 10s) {
            dial(1, time);
            wait_until(time + time_to_connect);
            EXPECT_TRUE(is_over());
            EXPECT_EQ(dial_->take().error().code, Errc::deadline_exceeded);
        }
        return time;
    }
    void answer_arrives(Duration time) {
        if (const std::optional<Interest> ready = find_ready()) go_on(Wakeup{Wakeup::Kind::ready, *ready}, time);
    }
    [[nodiscard]] std::optional<Interest> find_ready() const {
        std::vector<Session*> sessions{await_.session};
        if (await_.session == nullptr) sessions = await_.of.race->sessions;
        for (std::size_t i = 0; i < sessions.size(); ++i) {
            pollfd watched{sessions[i]->socket(), POLLIN, 0};
            const bool writes = wants_write(sessions[i]->interest());
            if (!writes && poll(&watched, 1, 0) == 0) continue;
            if (await_.session == nullptr) await_.of.race->ready = i;
            return writes ? Interest::write : Interest::read;
        }
        return std::nullopt;
    }
    [[nodiscard]] bool is_over() const { return await_.kind == Await::Kind::finished; }
    [[nodiscard]] Names opened() {
        Names addresses;
        for (const ConnectOptions& options : cluster.transport().opened()) addresses.push_back(options.address);
        return addresses;
    }

    FakeCluster cluster{0};
    Settings settings = *make_settings(Options{.dsn = FakeCluster::dsn()}, cluster.components());
    UnansweredHandshakes unanswered;
    std::optional<Dial> dial_;
    Await await_;
};

TEST_F(SeveralAddresses, a_silent_one_holds_nobody_up_for_more_than_a_quarter_of_a_second) {
    node(address(1)).hang_logins();
    node(address(2)).accept();
    dial(2, 0s);
    EXPECT_EQ(opened(), Names{address(1)});
    EXPECT_EQ(await_.until, at(250ms));

    wait_until(250ms);

    ASSERT_TRUE(is_over());
    EXPECT_TRUE(dial_->take().ok());
    EXPECT_EQ(dial_->address(), address(2));
}

TEST_F(SeveralAddresses, the_one_that_answered_last_is_first) {
    node(address(1)).hang_logins();
    node(address(2)).accept();
    dial(2, 0s);
    wait_until(250ms);
    ASSERT_TRUE(is_over());

    dial(2, 10s);

    ASSERT_TRUE(is_over());
    EXPECT_TRUE(dial_->take().ok());
    EXPECT_EQ(opened(), (Names{address(1), address(2), address(2)}));
}

TEST_F(SeveralAddresses, whichever_is_first_serves_and_the_other_one_is_not_broken_off) {
    node(address(1)).hang_logins();
    node(address(2)).hang_logins();
    dial(2, 0s);
    wait_until(300ms);
    ASSERT_EQ(opened(), (Names{address(1), address(2)}));

    node(address(1)).accept();
    answer_arrives(310ms);

    ASSERT_TRUE(is_over());
    EXPECT_EQ(dial_->address(), address(1));
    EXPECT_TRUE(dial_->take().ok());
    const std::unique_ptr<Task> rest = dial_->take_rest();
    ASSERT_NE(rest, nullptr);
    const Await await = rest->resume(Wakeup{}, at(320ms));
    ASSERT_EQ(await.kind, Await::Kind::io);
    node(address(2)).accept();
    EXPECT_EQ(rest->resume(Wakeup{Wakeup::Kind::ready, Interest::read}, at(330ms)).kind, Await::Kind::finished);
}

TEST_F(SeveralAddresses, one_that_refuses_costs_no_time) {
    node(address(1)).refuse();
    node(address(2)).hang_logins();
    node(address(3)).accept();
    dial(3, 0s);
    EXPECT_EQ(opened(), (Names{address(1), address(2)}));
    EXPECT_FALSE(is_over());

    node(address(2)).refuse();
    answer_arrives(10ms);

    ASSERT_TRUE(is_over()) << "another one is begun at once, whether its turn had come or not";
    EXPECT_TRUE(dial_->take().ok());
}

TEST_F(SeveralAddresses, a_caller_in_a_hurry_sees_each_of_them_tried) {
    for (std::size_t i = 1; i <= 2; ++i) node(address(i)).hang_logins();
    node(address(3)).accept();
    dial(3, 0s, at(90ms));

    wait_until(89ms);

    ASSERT_TRUE(is_over());
    EXPECT_TRUE(dial_->take().ok());
}

TEST_F(SeveralAddresses, the_error_names_what_each_of_them_said) {
    node(address(1)).refuse();
    node(address(2)).hang_logins();
    dial(2, 0s);

    wait_until(time_to_connect);

    ASSERT_TRUE(is_over());
    const auto session = dial_->take();
    ASSERT_FALSE(session.ok());
    EXPECT_EQ(session.error().code, Errc::deadline_exceeded);
    EXPECT_EQ(session.error().text,
              "no address of many.test answers: 10.0.0.1: connection refused; 10.0.0.2: no answer to the handshake in "
              "time");
}

TEST_F(SeveralAddresses, a_refused_login_counts_at_each_since_they_may_be_one_server) {
    node(address(1)).refuse(make_error(Errc::authentication_failed, "the login was refused"));
    node(address(2)).accept();
    dial(2, 0s);
    ASSERT_TRUE(is_over());
    EXPECT_EQ(dial_->take().error().code, Errc::authentication_failed);

    Dial direct{settings, unanswered, Endpoint{address(2), 1001}, at(10s), no_deadline};

    EXPECT_EQ(direct.resume(Wakeup{}, at(1s)).kind, Await::Kind::finished);
    EXPECT_EQ(direct.take().error().code, Errc::authentication_failed);
    EXPECT_EQ(opened(), Names{address(1)});
}

TEST_F(SeveralAddresses, a_server_that_hangs_sees_three_logins_at_most_and_they_are_gone_on_with) {
    node(address(1)).hang_logins();
    const Duration time = dial_in_vain(10);
    EXPECT_EQ(opened().size(), 3U) << "a fourth one that is broken off could lock the account";

    node(address(1)).accept();
    dial(1, time);

    ASSERT_TRUE(is_over());
    EXPECT_TRUE(dial_->take().ok());
    EXPECT_EQ(opened().size(), 4U) << "one that begins now, when those have come to their end";
    EXPECT_TRUE(unanswered.take(address(1) + ":1001").empty());
}

TEST_F(SeveralAddresses, one_that_hangs_bars_no_other_of_the_name) {
    node(address(1)).hang_logins();
    node(address(2)).accept();
    Duration time = 0s;
    for (int i = 0; i < 10; ++i, time += 10s) {  // by its own address, as the cluster advertises it
        Dial direct{settings, unanswered, Endpoint{address(1), 1001}, at(time + time_to_connect), no_deadline};
        Await await = direct.resume(Wakeup{}, at(time));
        while (await.kind != Await::Kind::finished) {
            const bool writes = await.session != nullptr && wants_write(await.session->interest());
            await = writes ? direct.resume(Wakeup{Wakeup::Kind::ready, Interest::write}, at(time))
                           : direct.resume(Wakeup{Wakeup::Kind::expired}, await.until);
        }
        dial(2, time);
        wait_until(time + 1s);
        ASSERT_TRUE(is_over()) << i;
        ASSERT_TRUE(dial_->take().ok()) << i;
    }
}

TEST_F(SeveralAddresses, the_next_address_is_tried_in_time_whatever_is_kept_of_the_first) {
    node(address(1)).hang_logins();
    const Duration time = dial_in_vain(5);
    node(address(2)).accept();

    dial(2, time);
    wait_until(time + 250ms);

    ASSERT_TRUE(is_over());
    EXPECT_TRUE(dial_->take().ok());
    EXPECT_EQ(dial_->address(), address(2));
}

TEST_F(SeveralAddresses, a_caller_whose_time_is_over_leaves_each_of_them_its_turn) {
    node(address(1)).accept();
    for (std::size_t i = 2; i <= 6; ++i) node(address(i)).hang_logins();

    dial(6, 1s, at(500ms));

    ASSERT_TRUE(is_over());
    EXPECT_TRUE(dial_->take().ok());
    EXPECT_EQ(opened(), Names{address(1)});
}

TEST_F(SeveralAddresses, what_was_never_connected_is_begun_anew) {
    settings.logins = std::make_shared<LoginGuard>();
    for (int i = 0; i < 5; ++i) {
        Dial nobody{settings, unanswered, Endpoint{address(1), 1001}, at(time_to_connect), no_deadline};
        ASSERT_EQ(nobody.resume(Wakeup{}, at(0s)).kind, Await::Kind::io);
        ASSERT_EQ(nobody.resume(Wakeup{Wakeup::Kind::expired}, at(time_to_connect)).kind, Await::Kind::finished);
    }
    EXPECT_EQ(opened().size(), 5U);
    EXPECT_TRUE(unanswered.take(address(1) + ":1001").empty());
}

TEST_F(SeveralAddresses, what_is_kept_begins_nothing_whatever_ends_it) {
    node(address(1)).hang_logins();
    Duration time = dial_in_vain(1);
    Error over_wishes = make_error(Errc::connect_failed, "the node refused the connection");
    over_wishes.server_text = R"(unrecognized configuration parameter "pico_stmt_invalidation")";
    node(address(1)).refuse(over_wishes);
    node(address(2)).hang_logins();

    Dial other{settings, unanswered, Endpoint{address(2), 1001}, at(time + time_to_connect), no_deadline};
    ASSERT_EQ(other.resume(Wakeup{}, at(time)).kind, Await::Kind::io);
    ASSERT_EQ(other.resume(Wakeup{Wakeup::Kind::ready, Interest::write}, at(time)).kind, Await::Kind::io);
    time += time_to_connect;
    ASSERT_EQ(other.resume(Wakeup{Wakeup::Kind::expired}, at(time)).kind, Await::Kind::finished);

    EXPECT_EQ(opened(), (Names{address(1), address(2)}));
    EXPECT_TRUE(unanswered.take(address(1) + ":1001").empty()) << "it has ended";
}

TEST_F(SeveralAddresses, an_old_refusal_says_nothing_of_now) {
    node(address(1)).hang_logins();
    dial(1, 0s);
    wait_until(time_to_connect);
    ASSERT_TRUE(is_over());
    node(address(1)).refuse(make_error(Errc::authentication_failed, "the login was refused"));

    dial(1, 1h);

    ASSERT_TRUE(is_over());
    EXPECT_EQ(dial_->take().error().code, Errc::authentication_failed);
    EXPECT_EQ(opened().size(), 2U) << "another one is tried at once";
}

}  // namespace
}  // namespace picoxx
