#include "sim_client.hpp"

#include "call/call.hpp"
#include "client/closing.hpp"
#include "client/connect.hpp"
#include "engine_audit.hpp"

#include <utility>

namespace picoxx::simulation {
namespace {

SimShell::Driver driver_of(Face face) noexcept {
    return face == Face::synchronous ? SimShell::Driver::poll : SimShell::Driver::executor;
}

// A call with the statement it refers to.
class StatementTask final : public Task {
public:
    StatementTask(ClientCore& core, SimClient::Statement statement, Face face)
        : statement_{std::move(statement)},
          parameters_{statement_.number},
          view_{CStringView{statement_.sql}, &parameters_, statement_.options},
          call_{core, view_, face} {}

    Await resume(const Wakeup& wakeup, TimePoint now) override {
        if (!std::exchange(begun_, true)) call_.set_waker(waker());
        return call_.resume(wakeup, now);
    }
    void fail(const std::exception_ptr& reason) noexcept override { call_.fail(reason); }
    void let_go() noexcept override { call_.let_go(); }
    [[nodiscard]] Connection* connection() const noexcept override { return call_.connection(); }
    [[nodiscard]] Outcome take_outcome() { return call_.take_outcome(); }

private:
    SimClient::Statement statement_;
    Parameters parameters_;
    StatementView view_;
    Call call_;
    bool begun_ = false;
};

}  // namespace

SimClient::SimClient(SimCluster& cluster, Settings settings)
    : cluster_{cluster}, shell_{cluster}, life_{std::move(settings), cluster.world().random(), +[]() noexcept {
                                                    return TimePoint{};
                                                }} {
    core().set_background([this](std::unique_ptr<Task> task) { shell_.spawn(std::move(task)); });
}

SimClient::~SimClient() { core().set_background({}); }

std::weak_ptr<SimShell::Job> SimClient::call(Statement statement, Face face, std::function<void()> ended) {
    World& world = cluster_.world();
    Promises::Called called;
    called.changes_something = !statement.sql.starts_with("SELECT");
    called.idempotence = statement.options.idempotence;
    const auto timeout = statement.options.timeout ? statement.options.timeout : core().settings().timeouts.statement;
    if (timeout) called.deadline = later(world.now(), *timeout);
    const std::uint64_t number = statement.number;
    world.tell([&] { return "call " + std::to_string(number) + ": " + statement.sql; });
    cluster_.promises().called(number, called);
    life_.start_background();
    return shell_.start(std::make_unique<StatementTask>(core(), std::move(statement), face), driver_of(face),
                        EndsAt::stop, [this, number, ended = std::move(ended)](Task& task) {
                            const Outcome outcome = static_cast<StatementTask&>(task).take_outcome();
                            const Error error = outcome.error != nullptr ? *outcome.error : Error{};
                            cluster_.world().tell([&] {
                                return "call " + std::to_string(number) +
                                       " ends: " + std::string{to_string(error.code)} +
                                       (error ? ", " + std::string{to_string(error.effect)} + ", " + error.text +
                                                    (error.server_text.empty() ? "" : " (" + error.server_text + ')')
                                              : "");
                            });
                            cluster_.world().trace(static_cast<std::uint64_t>(error.code));
                            cluster_.promises().ended(number, error, error ? nullptr : &outcome.affected_rows);
                            ended();
                        });
}

void SimClient::connect(const Readiness& readiness, RefreshTurns::Need need, Face face,
                        std::function<void(const Error&)> ended) {
    Promises& promises = cluster_.promises();
    const TimePoint until = readiness.deadline ? later(cluster_.world().now(), *readiness.deadline) : no_deadline;
    const std::uint64_t promised = promises.promised("a connect", until);
    shell_.start(std::make_unique<Connect>(core(), life_.refresh_turns(), readiness, need), driver_of(face),
                 EndsAt::close,
                 [this, &promises, promised, least = readiness.min_ready, ended = std::move(ended)](Task& task) {
                     const Error error = static_cast<Connect&>(task).take_error();
                     promises.kept(promised);
                     cluster_.world().tell(
                         [&] { return "connect ends: " + std::string{to_string(error.code)} + ' ' + error.text; });
                     if (!error) life_.start_background();
                     if (!error && figures().made < least) promises.break_promise("a connect made too few connections");
                     ended(error);
                 });
}

void SimClient::connect(const Readiness& readiness, Face face, std::function<void(const Error&)> ended) {
    cluster_.world().tell([] { return std::string{"connect"}; });
    connect(readiness, RefreshTurns::Need::any, face, std::move(ended));
}

void SimClient::refresh_topology(Face face, std::function<void(const Error&)> ended) {
    cluster_.world().tell([] { return std::string{"refresh_topology"}; });
    connect(Readiness{.min_ready = 0}, RefreshTurns::Need::fresh, face, std::move(ended));
}

void SimClient::close(std::chrono::milliseconds patience, Face face, std::function<void(bool)> ended) {
    cluster_.world().tell([] { return std::string{"close"}; });
    Promises& promises = cluster_.promises();
    const std::uint64_t promised = promises.promised("a close", cluster_.world().now() + patience);
    life_.refuse_new_work();
    shell_.end(Ending::closed);
    shell_.start(
        std::make_unique<Closing>(core(), patience), driver_of(face), EndsAt::stop,
        [this, &promises, promised, ended = std::move(ended)](Task& task) {
            const bool quiet = static_cast<Closing&>(task).quiet();
            promises.kept(promised);
            cluster_.world().tell([&] { return std::string{quiet ? "is closed" : "is closed, and calls go on"}; });
            ended(quiet);
        });
}

void SimClient::terminate() {
    cluster_.world().tell([] { return std::string{"terminate"}; });
    life_.refuse_new_work();
    shell_.end(Ending::stopped);
}

void SimClient::renew_connections() {
    cluster_.world().tell([] { return std::string{"renew_connections"}; });
    life_.renew_connections(cluster_.world().now());
}

void SimClient::set_strategy(std::shared_ptr<BalanceStrategy> strategy, std::string name) {
    cluster_.world().tell([&] { return "the strategy is now " + name; });
    const auto old = core().with_engine(
        [&](Engine& engine) { return engine.balancer().set(std::move(strategy), std::move(name)); });
}

PoolFigures SimClient::figures() {
    return core().with_engine([&](Engine& engine) {
        return PoolFigures{.open = engine.open(),
                           .made = engine.made(),
                           .most_at_a_node = EngineAudit::most_open(engine),
                           .idle = engine.idle(),
                           .waiting = engine.waiting(),
                           .draining = engine.draining(),
                           .discovery_dials = engine.discovery_dials() + life_.refresh_turns().made_by_left_dials()};
    });
}

std::string SimClient::audit() {
    return core().with_engine([](Engine& engine) { return EngineAudit::difference_so_far(engine); });
}

}  // namespace picoxx::simulation
