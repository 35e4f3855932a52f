// What tasks may wait for, in both shells: the same toy tasks over fake sessions.
#include "fake_cluster.hpp"
#include "io/poll_shell.hpp"
#include "toy_task.hpp"

#include <picoxx/testing/allocation_counter.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <vector>

namespace picoxx {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A caller who logs in and would rather have his turn: the server does not answer before it is told to.
class LoginOrTurn {
public:
    explicit LoginOrTurn(Await::Kind kind, Duration patience = 20s) : kind_{kind}, patience_{patience} {
        cluster.node(1).hang_logins();
        ConnectOptions options;
        options.endpoint = FakeCluster::endpoint(1);
        session_ = *cluster.transport().open(options);
    }
    Await step(const Wakeup& wakeup, TimePoint now) {
        if (wakeup.kind == Wakeup::Kind::start) until_ = now + patience_;
        if (wakeup.kind == Wakeup::Kind::turn || wakeup.kind == Wakeup::Kind::expired) return {};
        if (session_->advance(wakeup.ready) != SessionState::connecting) return {};
        if (session_->interest() == Interest::read) asks_ = true;
        return in_kind(Await::for_io(*session_, until_));
    }
    [[nodiscard]] ToyTask::Step steps() {
        return [this](const Wakeup& wakeup, TimePoint now) { return step(wakeup, now); };
    }
    void await_question() const {
        while (!asks_) std::this_thread::yield();
    }

    FakeCluster cluster{1};

private:
    [[nodiscard]] Await in_kind(Await await) const { return kind_ == Await::Kind::io ? await : await.or_turn(); }

    Await::Kind kind_;
    Duration patience_;
    TimePoint until_{};
    std::unique_ptr<Session> session_;
    std::atomic<bool> asks_{false};
};

// One who logs in at three nodes side by side; the first that lets him in wins, and is waited for alone after that.
class Racing {
public:
    explicit Racing(Await::Kind kind, Duration patience = 20s) : kind_{kind}, patience_{patience} {
        for (std::size_t i = 1; i <= 3; ++i) {
            cluster.node(i).hang_logins();
            ConnectOptions options;
            options.endpoint = FakeCluster::endpoint(i);
            sessions_.push_back(*cluster.transport().open(options));
            race_.sessions.push_back(sessions_.back().get());
        }
    }
    Await step(const Wakeup& wakeup, TimePoint now) {
        if (wakeup.kind == Wakeup::Kind::start) until_ = now + patience_;
        if (wakeup.kind == Wakeup::Kind::turn || wakeup.kind == Wakeup::Kind::expired) return {};
        if (winner) {
            last_seen = sessions_[*winner]->advance(wakeup.ready);
            if (last_seen == SessionState::closed) return {};
        } else if (wakeup.kind == Wakeup::Kind::ready) {
            Session& session = *sessions_[race_.ready];
            if (session.advance(wakeup.ready) == SessionState::ready) {
                winner = race_.ready;
                is_won = true;
            }
            if (session.interest() == Interest::read) ++asked_;
        }
        if (winner) return in_kind(Await::for_io(*sessions_[*winner], until_));
        return in_kind(Await::for_one_of(race_, until_));
    }
    [[nodiscard]] ToyTask::Step steps() {
        return [this](const Wakeup& wakeup, TimePoint now) { return step(wakeup, now); };
    }
    [[nodiscard]] bool all_have_asked() const noexcept { return asked_ >= 3; }

    FakeCluster cluster{3};
    std::optional<std::size_t> winner;
    std::atomic<bool> is_won{false};
    SessionState last_seen = SessionState::connecting;

private:
    [[nodiscard]] Await in_kind(Await await) const { return kind_ == Await::Kind::io ? await : await.or_turn(); }

    Await::Kind kind_;
    Duration patience_;
    TimePoint until_{};
    std::vector<std::unique_ptr<Session>> sessions_;
    Race race_;
    std::atomic<std::size_t> asked_{0};
};

class InPoll : public ::testing::Test {
protected:
    void wake(const ToyTask& task) {
        const std::lock_guard lock{client};
        task.wake();
    }
    std::mutex client;
    EventDescriptor terminated;
    PollShell shell{client, terminated};
};

TEST_F(InPoll, who_waits_for_io_or_turn_goes_on_with_his_turn) {
    for (int round = 0; round < 50; ++round) {  // before he waits, and while he does
        LoginOrTurn login{Await::Kind::io_or_turn};
        ToyTask task{login.steps()};
        PollShell own{client, terminated};
        std::thread waiting{[&] { own.run(task, {}); }};
        login.await_question();
        if (round % 2 == 0) std::this_thread::yield();
        wake(task);
        waiting.join();
        ASSERT_EQ(task.wakeups.back(), Wakeup::Kind::turn);
    }
}

TEST_F(InPoll, who_waits_for_io_or_turn_goes_on_with_the_answer) {
    LoginOrTurn login{Await::Kind::io_or_turn};
    ToyTask task{login.steps()};
    std::thread waiting{[&] { shell.run(task, {}); }};
    login.await_question();
    login.cluster.node(1).accept();
    waiting.join();
    EXPECT_EQ(task.wakeups.back(), Wakeup::Kind::ready);
}

TEST_F(InPoll, who_waits_for_io_or_turn_goes_on_when_his_time_is_over) {
    LoginOrTurn login{Await::Kind::io_or_turn, 10ms};
    ToyTask task{login.steps()};
    shell.run(task, {});
    EXPECT_EQ(task.wakeups.back(), Wakeup::Kind::expired);
}

TEST_F(InPoll, who_waits_for_io_only_is_not_called) {
    LoginOrTurn login{Await::Kind::io};
    ToyTask task{login.steps()};
    std::thread waiting{[&] { shell.run(task, {}); }};
    login.await_question();
    wake(task);
    login.cluster.node(1).accept();
    waiting.join();
    EXPECT_EQ(std::count(task.wakeups.begin(), task.wakeups.end(), Wakeup::Kind::turn), 0);
}

TEST_F(InPoll, a_turn_and_a_stop_are_told_apart_by_one_who_waits_for_io_or_turn) {
    LoginOrTurn login{Await::Kind::io_or_turn};
    Cancellation asked = Cancellation::terminal;
    ToyTask task{[&](const Wakeup& wakeup, TimePoint now) {
        if (wakeup.kind != Wakeup::Kind::cancelled) return login.step(wakeup, now);
        asked = wakeup.cancellation;
        return Await{};
    }};
    std::stop_source stop;
    std::thread waiting{[&] { shell.run(task, stop.get_token()); }};
    login.await_question();
    stop.request_stop();
    waiting.join();
    EXPECT_EQ(task.wakeups.back(), Wakeup::Kind::cancelled);
    EXPECT_EQ(asked, Cancellation::partial);
}

TEST_F(InPoll, the_first_of_several_that_connect_goes_on_and_then_alone) {
    Racing racing{Await::Kind::io};
    ToyTask task{racing.steps()};
    std::thread waiting{[&] { shell.run(task, {}); }};
    while (!racing.all_have_asked()) std::this_thread::yield();
    racing.cluster.node(2).accept();
    while (!racing.is_won) std::this_thread::yield();
    racing.cluster.node(2).kill();
    waiting.join();
    EXPECT_EQ(racing.winner, 1U);
    EXPECT_EQ(racing.last_seen, SessionState::closed);
}

TEST_F(InPoll, who_waits_for_several_may_be_called) {
    Racing racing{Await::Kind::io_or_turn};
    ToyTask task{racing.steps()};
    std::thread waiting{[&] { shell.run(task, {}); }};
    while (!racing.all_have_asked()) std::this_thread::yield();
    wake(task);
    waiting.join();
    EXPECT_EQ(task.wakeups.back(), Wakeup::Kind::turn);
}

// What a task does that waits for a name, which is this machine's.
[[nodiscard]] ToyTask::Step for_name(ResolveRequest& request) {
    request.host = "localhost";
    return [&](const Wakeup& wakeup, TimePoint now) {
        return wakeup.kind == Wakeup::Kind::start ? Await::for_name(request, now + 20s) : Await{};
    };
}

TEST_F(InPoll, who_waits_for_a_name_goes_on_with_its_addresses) {
    ResolveRequest request;
    ToyTask task{for_name(request)};
    shell.run(task, {});
    EXPECT_EQ(task.wakeups.back(), Wakeup::Kind::resolved);
    EXPECT_FALSE(request.addresses.empty()) << request.failure;
}

TEST_F(InPoll, what_a_step_throws_ends_the_task_not_the_process) {
    ToyTask task{[](const Wakeup&, TimePoint) -> Await { throw std::bad_alloc{}; }};
    shell.run(task, {});
    EXPECT_THROW(std::rethrow_exception(task.failure), std::bad_alloc);
}

// ---- Asio

class InAsio : public ::testing::Test {
protected:
    std::shared_ptr<ToyJob> start(ToyTask::Step step) {
        auto job = std::make_shared<ToyJob>(std::move(step));
        shell->start(job);
        return job;
    }
    void run_until_over(const ToyJob& job) {
        while (!job.over) {
            if (context.stopped()) context.restart();  // it had nothing to do before
            context.run_one();
        }
    }
    asio::io_context context;
    std::shared_ptr<AsioShell> shell = AsioShell::make(context.get_executor());
};

TEST_F(InAsio, who_waits_for_io_or_turn_goes_on_with_his_turn) {
    LoginOrTurn login{Await::Kind::io_or_turn};
    const auto job = start(login.steps());
    while (job->toy.steps < 2) context.run_one();

    job->toy.wake();
    EXPECT_FALSE(job->over) << "not within the call that wakes, which holds the client's lock";

    run_until_over(*job);
    EXPECT_EQ(job->toy.wakeups.back(), Wakeup::Kind::turn);
}

TEST_F(InAsio, who_waits_for_a_name_goes_on_with_its_addresses) {
    ResolveRequest request;
    const auto job = start(for_name(request));
    run_until_over(*job);
    EXPECT_EQ(job->toy.wakeups.back(), Wakeup::Kind::resolved);
    EXPECT_FALSE(request.addresses.empty()) << request.failure;
}

TEST_F(InAsio, who_waits_for_io_or_turn_goes_on_with_the_answer) {
    LoginOrTurn login{Await::Kind::io_or_turn};
    const auto job = start(login.steps());
    while (job->toy.steps < 2) context.run_one();
    login.cluster.node(1).accept();
    run_until_over(*job);
    EXPECT_EQ(job->toy.wakeups.back(), Wakeup::Kind::ready);
}

TEST_F(InAsio, who_waits_for_io_or_turn_goes_on_when_his_time_is_over) {
    LoginOrTurn login{Await::Kind::io_or_turn, 10ms};
    const auto job = start(login.steps());
    run_until_over(*job);
    EXPECT_EQ(job->toy.wakeups.back(), Wakeup::Kind::expired);
}

TEST_F(InAsio, who_waits_for_io_only_is_not_called) {
    LoginOrTurn login{Await::Kind::io};
    const auto job = start(login.steps());
    while (job->toy.steps < 2) context.run_one();
    job->toy.wake();
    context.poll();
    login.cluster.node(1).accept();
    run_until_over(*job);
    EXPECT_EQ(std::count(job->toy.wakeups.begin(), job->toy.wakeups.end(), Wakeup::Kind::turn), 0);
}

TEST_F(InAsio, the_first_of_several_that_connect_goes_on_and_then_alone) {
    for (std::size_t winner = 1; winner <= 3; ++winner) {
        Racing racing{Await::Kind::io};
        const auto job = start(racing.steps());
        while (!racing.all_have_asked()) context.run_one();
        racing.cluster.node(winner).accept();
        while (!racing.winner) context.run_one();
        for (std::size_t i = 1; i <= 3; ++i) {
            if (i != winner) racing.cluster.node(i).accept();  // of which nobody is to hear any more
        }
        context.poll();
        EXPECT_FALSE(job->over);
        racing.cluster.node(winner).kill();
        run_until_over(*job);
        EXPECT_EQ(racing.winner, winner - 1);
        EXPECT_EQ(racing.last_seen, SessionState::closed);
    }
}

TEST_F(InAsio, who_waits_for_several_may_be_called_or_run_out_of_time_or_be_stopped) {
    Racing called{Await::Kind::io_or_turn};
    const auto job = start(called.steps());
    while (!called.all_have_asked()) context.run_one();
    job->toy.wake();
    run_until_over(*job);
    EXPECT_EQ(job->toy.wakeups.back(), Wakeup::Kind::turn);

    Racing impatient{Await::Kind::io, 10ms};
    const auto expired = start(impatient.steps());
    run_until_over(*expired);
    EXPECT_EQ(expired->toy.wakeups.back(), Wakeup::Kind::expired);

    Racing stopped{Await::Kind::io};
    const auto last = start([&](const Wakeup& wakeup, TimePoint now) {
        return wakeup.kind == Wakeup::Kind::cancelled ? Await{} : stopped.step(wakeup, now);
    });
    while (!stopped.all_have_asked()) context.run_one();
    shell->stop();
    EXPECT_TRUE(last->over);
    for (std::size_t i = 1; i <= 3; ++i) stopped.cluster.node(i).accept();
    context.poll();
}

TEST_F(InAsio, what_a_step_throws_ends_the_task_not_the_process) {
    const auto job = start([](const Wakeup&, TimePoint) -> Await { throw std::bad_alloc{}; });
    EXPECT_TRUE(job->over);
    EXPECT_THROW(std::rethrow_exception(job->toy.failure), std::bad_alloc);
}

TEST_F(InAsio, a_wait_without_end_is_no_reason_to_arm_the_timer) {
    const auto job = start([](const Wakeup& wakeup, TimePoint) {
        return wakeup.kind == Wakeup::Kind::start ? for_turn(no_deadline) : Await{};
    });
    context.poll();
    EXPECT_FALSE(job->over);
    job->toy.wake();
    run_until_over(*job);
    context.run();  // nothing is left to wait for
}

TEST(InAsioPool, all_who_are_woken_at_once_go_on) {
    asio::thread_pool pool{3};
    const auto shell = AsioShell::make(pool.get_executor());
    std::vector<std::shared_ptr<ToyJob>> jobs;
    for (int i = 0; i < 100; ++i) {
        jobs.push_back(std::make_shared<ToyJob>([](const Wakeup& wakeup, TimePoint now) {
            return wakeup.kind == Wakeup::Kind::start ? for_turn(now + 20s) : Await{};
        }));
        shell->start(jobs.back());
    }
    for (const auto& job : jobs) job->toy.wake();
    for (const auto& job : jobs) {
        while (!job->over) std::this_thread::yield();
        EXPECT_EQ(job->toy.wakeups.back(), Wakeup::Kind::turn);
    }
    shell->wind_down();
}

template <class Context>
std::size_t allocations_of_a_wake(Context& context) {
    const auto shell = AsioShell::make(context.get_executor());
    const auto job = std::make_shared<ToyJob>([](const Wakeup& wakeup, TimePoint now) {
        return wakeup.kind == Wakeup::Kind::start ? for_turn(now + 20s) : Await{};
    });
    shell->start(job);
    const std::size_t before = testing::allocations_of_this_thread();
    job->toy.wake();
    return testing::allocations_of_this_thread() - before;
}

// Waker::wake cannot tell anybody that there is no memory.
TEST(Waking, needs_no_memory_on_the_usual_executors) {
    asio::io_context context;
    EXPECT_EQ(allocations_of_a_wake(context), 0U);
    asio::thread_pool pool{1};
    EXPECT_EQ(allocations_of_a_wake(pool), 0U);
}

TEST(Waking, works_on_other_executors_too) {
    asio::io_context context;
    const auto shell = AsioShell::make(asio::make_strand(context));
    const auto job = std::make_shared<ToyJob>([](const Wakeup& wakeup, TimePoint now) {
        return wakeup.kind == Wakeup::Kind::start ? for_turn(now + 20s) : Await{};
    });
    shell->start(job);
    job->toy.wake();
    while (!job->over) context.run_one();
    EXPECT_EQ(job->toy.wakeups.back(), Wakeup::Kind::turn);
}

// ---- deadlines

TEST_F(InAsio, each_of_many_expires_at_its_own_time) {
    struct Expiry {
        TimePoint due{};
        TimePoint came{};
    };
    std::vector<Expiry> expiries(500);
    std::vector<std::shared_ptr<ToyJob>> jobs;
    for (std::size_t i = 0; i < expiries.size(); ++i) {
        jobs.push_back(start([&, i, expiry = &expiries[i]](const Wakeup& wakeup, TimePoint now) {
            if (wakeup.kind == Wakeup::Kind::start) expiry->due = now + std::chrono::microseconds{i * 7919 % 30'000};
            if (wakeup.kind == Wakeup::Kind::expired) expiry->came = now;
            return wakeup.kind == Wakeup::Kind::start ? for_turn(expiry->due) : Await{};
        }));
    }
    for (const auto& job : jobs) run_until_over(*job);
    for (const Expiry& expiry : expiries) EXPECT_GE(expiry.came, expiry.due);
}

TEST_F(InAsio, a_deadline_that_moves_is_kept_either_way) {
    for (const auto& [first, second] : {std::pair<Duration, Duration>{5ms, 40ms}, {20s, 10ms}}) {
        TimePoint due{};
        TimePoint came{};
        const auto job = start([&, first = first, second = second](const Wakeup& wakeup, TimePoint now) {
            if (wakeup.kind == Wakeup::Kind::start) return for_turn(now + first);
            if (wakeup.kind == Wakeup::Kind::turn) return for_turn(due = now + second);
            came = now;
            return Await{};
        });
        job->toy.wake();
        run_until_over(*job);
        EXPECT_EQ(job->toy.wakeups.back(), Wakeup::Kind::expired);
        EXPECT_GE(came, due);
        EXPECT_LT(came, due + 10s);
    }
}

TEST_F(InAsio, a_job_that_starts_while_the_shell_is_stopped_is_cancelled) {
    bool started = false;
    shell->stop();
    const auto job = start([&](const Wakeup& wakeup, TimePoint now) {
        started = wakeup.kind == Wakeup::Kind::start;
        return wakeup.kind == Wakeup::Kind::cancelled ? Await{} : for_turn(now + 20s);
    });
    EXPECT_TRUE(job->over);
    EXPECT_FALSE(started);
}

TEST_F(InAsio, a_shell_that_is_stopped_within_a_first_step_cancels_it_after_that) {
    const auto job = start([&](const Wakeup& wakeup, TimePoint now) {
        if (wakeup.kind == Wakeup::Kind::start) shell->stop();
        return wakeup.kind == Wakeup::Kind::cancelled ? Await{} : for_turn(now + 20s);
    });
    EXPECT_TRUE(job->over);
    EXPECT_EQ(job->toy.wakeups.back(), Wakeup::Kind::cancelled);
}

TEST_F(InAsio, what_ends_with_the_client_does_so_if_that_is_closed_within_its_first_step) {
    for (const bool ends_with_client : {true, false}) {
        auto job = std::make_shared<ToyJob>([&](const Wakeup& wakeup, TimePoint now) {
            if (wakeup.kind == Wakeup::Kind::start) shell->wind_down();
            return wakeup.kind == Wakeup::Kind::cancelled ? Await{} : for_turn(now + 20s);
        });
        job->ends_with_client = ends_with_client;
        shell->start(job);
        EXPECT_EQ(job->over, ends_with_client);
    }
    shell->stop();
}

TEST_F(InAsio, what_is_spawned_after_the_client_was_closed_is_cancelled_at_once) {
    auto owner = std::make_shared<int>(0);
    std::vector<Wakeup::Kind> wakeups;
    shell->wind_down();
    shell->spawn(std::make_unique<ToyTask>([&](const Wakeup& wakeup, TimePoint now) {
                     wakeups.push_back(wakeup.kind);
                     return wakeup.kind == Wakeup::Kind::cancelled ? Await{} : for_turn(now + 20s);
                 }),
                 owner);
    context.run();
    EXPECT_EQ(wakeups, std::vector{Wakeup::Kind::cancelled});
    EXPECT_EQ(owner.use_count(), 1);
}

TEST_F(InAsio, what_was_spawned_and_not_begun_goes_with_the_stop) {
    auto owner = std::make_shared<int>(0);
    shell->spawn(std::make_unique<ToyTask>([](const Wakeup& wakeup, TimePoint now) {
                     return wakeup.kind == Wakeup::Kind::cancelled ? Await{} : for_turn(now + 20s);
                 }),
                 owner);
    shell->stop();
    EXPECT_EQ(owner.use_count(), 1);
    shell->spawn(std::make_unique<ToyTask>([](const Wakeup&, TimePoint) { return Await{}; }), owner);
    EXPECT_EQ(owner.use_count(), 1) << "nor is anything kept that comes later";
}

}  // namespace
}  // namespace picoxx
