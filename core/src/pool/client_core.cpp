#include "pool/client_core.hpp"

#include "pool/pooled_dial.hpp"

#include <exception>
#include <new>
#include <string>

namespace picoxx {

ClientCore::ClientCore(Settings settings, std::uint64_t random_seed, Balancer::ReadClock clock)
    : settings_{std::move(settings)},
      log_{settings_.log},
      engine_{EngineLimits{settings_.max_size, settings_.max_per_node, settings_.max_waiters, settings_.max_size,
                           settings_.min_idle, settings_.max_lifetime, settings_.idle_time, settings_.owner_wait},
              Balancer{std::move(settings_.strategy.strategy), settings_.strategy.name, clock}, settings_.seeds,
              random_seed} {
    engine_.events().record(settings_.log != nullptr);
}

ClientCore::~ClientCore() = default;

bool ClientCore::spawn(std::unique_ptr<Task> task) const noexcept {
    try {
        if (spawn_) spawn_(std::move(task));
        return true;
    } catch (const std::exception& failure) {
        log_.write(LogTopic::client, LogLevel::error, {},
                   [&] { return std::string{"no background work: "} + failure.what(); });
        return false;
    }
}

Result<std::unique_ptr<Session>> ClientCore::take_dialled(Dial& dial) const {
    if (std::unique_ptr<Task> rest = dial.take_rest()) static_cast<void>(spawn(std::move(rest)));
    return dial.take();
}

std::unique_ptr<ClientCore::Leftovers> ClientCore::take_leftovers() noexcept {
    notice_quiet();
    if (!engine_.has_leftovers()) return nullptr;
    std::unique_ptr<Leftovers> leftovers{new (std::nothrow) Leftovers{*this, {}, {}, {}, {}}};
    if (leftovers == nullptr) return leftovers;
    leftovers->garbage = engine_.take_garbage();
    leftovers->events = engine_.events().take();
    leftovers->dials = engine_.take_dials();
    leftovers->unidentified = engine_.take_unidentified();
    static_cast<void>(engine_.has_leftovers());
    return leftovers;
}

void ClientCore::carry_out(Leftovers& leftovers) noexcept {
    for (const PoolEvent& event : leftovers.events) {
        log_.write(event.topic, event.level, event.node, [&]() -> const std::string& { return event.text; });
    }
    for (PoolNode* node : leftovers.dials) PooledDial::start_in_background(*this, *node);
    while (!leftovers.unidentified.empty()) {
        std::unique_ptr<Connection> connection = leftovers.unidentified.take();
        if (identify_) {
            identify_(std::move(connection));
        } else {
            with_engine([&](Engine& engine) { engine.identified(std::move(connection), {}, engine.now()); });
        }
    }
}

bool ClientCore::takes_new_password(TimePoint now) {
    if (!settings_.password_provider) return false;
    if (!with_engine([&](Engine& engine) { return engine.has_refused_logins(now); })) return false;
    try {
        if (!settings_.logins->is_news(settings_.password_provider(), now)) return false;
    } catch (...) {
        return false;  // the next dial says why
    }
    with_engine([](Engine& engine) { engine.forget_refused_logins(); });
    return true;
}

void ClientCore::want_routes() noexcept {
    const std::lock_guard lock{mutex_};
    const bool new_wish = !std::exchange(routes_wanted_, true);
    if (new_wish && routes_waker_ != nullptr) routes_waker_->wake();
}

bool ClientCore::take_routes_wanted() noexcept {
    const std::lock_guard lock{mutex_};
    return std::exchange(routes_wanted_, false);
}

void ClientCore::on_routes_wanted(Waker* waker) noexcept {
    const std::lock_guard lock{mutex_};
    routes_waker_ = waker;
}

void ClientCore::close() {
    with_engine([](Engine& engine) { engine.close(); });
    unanswered_.close();
}

bool ClientCore::await_quiet(Waker& waker) {
    const std::lock_guard lock{mutex_};
    if (engine_.busy() == 0) return false;
    waiting_for_quiet_.push_back(&waker);
    return true;
}

void ClientCore::withdraw(Waker& waker) noexcept {
    const std::lock_guard lock{mutex_};
    std::erase(waiting_for_quiet_, &waker);
    engine_.withdraw(waker);
}

void ClientCore::notice_quiet() noexcept {
    if (!engine_.closed() || engine_.busy() != 0) return;
    for (Waker* waker : std::exchange(waiting_for_quiet_, {})) waker->wake();
}

}  // namespace picoxx
