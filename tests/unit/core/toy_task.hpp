#pragma once

#include "io/asio_shell.hpp"
#include "task/task.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace picoxx {

/// A task whose steps are one function, and what it was resumed with.
class ToyTask final : public Task {
public:
    using Step = std::function<Await(const Wakeup&, TimePoint)>;

    explicit ToyTask(Step step) : step_{std::move(step)} {}

    Await resume(const Wakeup& wakeup, TimePoint now) override {
        wakeups.push_back(wakeup.kind);
        const Await await = step_(wakeup, now);
        ++steps;
        return await;
    }
    void fail(const std::exception_ptr& reason) noexcept override { failure = reason; }
    void let_go() noexcept override { ++times_let_go; }

    /// As the client does, whose lock the caller holds.
    void wake() const noexcept { waker().wake(); }

    std::vector<Wakeup::Kind> wakeups;
    std::atomic<std::size_t> steps{0};
    std::exception_ptr failure;
    std::size_t times_let_go = 0;

private:
    Step step_;
};

/// One for the Asio shell.
class ToyJob final : public AsioShell::Job {
public:
    explicit ToyJob(ToyTask::Step step) : toy{std::move(step)} {}
    ~ToyJob() override {
        if (destroyed != nullptr) ++*destroyed;
    }
    Task& task() noexcept override { return toy; }
    [[nodiscard]] EndsAt ends_at() const noexcept override { return ends_with_client ? EndsAt::close : EndsAt::stop; }
    void finished(AsioShell::Stack) override {
        over = true;
        if (at_end) at_end();
    }

    ToyTask toy;
    std::atomic<bool> over{false};
    std::function<void()> at_end;
    bool ends_with_client = false;
    std::atomic<std::size_t>* destroyed = nullptr;
};

[[nodiscard]] inline Await for_turn(TimePoint until) { return Await::for_turn(until); }
[[nodiscard]] inline Await for_io(Session& session, TimePoint until) { return Await::for_io(session, until); }
[[nodiscard]] inline Await for_io_or_turn(Session& session, TimePoint until) {
    return Await::for_io(session, until).or_turn();
}

}  // namespace picoxx
