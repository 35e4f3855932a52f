#include "scenario.hpp"

#include "sim_discovery.hpp"
#include "sim_router.hpp"
#include "sim_session.hpp"
#include "sim_strategies.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace picoxx::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t rounds = 3;
// When every node has been well for so long a call has to be served: the longest back-off of a refused login, a dial
// that was begun before, and a look at the topology.
constexpr auto resumes_after = 40s;
// What nobody calls for has come to rest by then: dials and drains have their time-outs.
constexpr auto comes_to_rest_after = 10s;
// Today each failing call tries each node at once, and nothing else bounds that: about as many as there are calls and
// nodes. With ten callers no more than 134 were seen.
constexpr std::size_t connects_per_second = 150;
constexpr auto longest_round = 30min;
constexpr std::uint64_t most_events = 500'000;

std::chrono::milliseconds milliseconds_between(World& world, std::int64_t least, std::int64_t most) {
    return std::chrono::milliseconds{
        least + static_cast<std::int64_t>(world.below(static_cast<std::uint64_t>(most - least + 1)))};
}

}  // namespace

Scenario::Scenario(std::uint64_t seed, Listener listener) : world_{seed} {
    world_.listener = std::move(listener);
    limits_.max_size = 1 + world_.below(8);
    limits_.max_per_node = 1 + world_.below(limits_.max_size);
    limits_.max_draining = limits_.max_size;
    limits_.min_idle = world_.one_in(3) ? world_.below(limits_.max_size + 1) : 0;
    has_password_provider_ = world_.one_in(2);
    limits_.connects_per_second = connects_per_second;
    promises_ = std::make_unique<Promises>(world_, limits_);
    cluster_ = std::make_unique<SimCluster>(world_, *promises_);
    make_cluster();
    client_ = std::make_unique<SimClient>(*cluster_, settings());
    world_.settled = [this] { settled(); };
}

// ---- how it is made

void Scenario::make_cluster() {
    discovers_ = !world_.one_in(6);
    const bool named = world_.one_in(3);
    members_ = 1 + world_.below(5);
    if (world_.one_in(2)) cluster_->tell_roles();
    for (std::size_t i = 1; i <= members_; ++i) {
        cluster_->add_instance(named ? "node" + std::to_string(i) + ".sim" : std::string{});
    }
    if (world_.one_in(2)) cluster_->set_lag(world_.random_delay(1ms, 2s));
}

// The first instance is always a seed, and never moves: else there could be nobody left whom the client knows.
Settings Scenario::settings() {
    Settings settings;
    const std::size_t seeds = 1 + world_.below(std::min<std::size_t>(members_, 3));
    const bool aliases = world_.one_in(3);
    for (std::size_t i = 0; i < seeds; ++i) {
        Instance& instance = cluster_->instance(i);
        settings.seeds.push_back(instance.node.endpoint);
        if (!aliases) continue;
        settings.seeds.back().host = "seed" + std::to_string(i + 1) + ".sim";
        cluster_->add_name(settings.seeds.back().host, instance);
    }
    settings.max_size = limits_.max_size;
    settings.max_per_node = limits_.max_per_node;
    settings.min_idle = limits_.min_idle;
    if (world_.one_in(2)) settings.max_lifetime = world_.random_delay(1s, 1min);
    if (world_.one_in(2)) settings.idle_time = world_.random_delay(1s, 1min);
    limits_.keeps_ready = settings.max_lifetime == Duration::max();
    limits_.shrinks_at_rest = settings.idle_time < comes_to_rest_after - 2s;
    if (has_password_provider_) {
        settings.password_provider = [this] { return password_; };
        settings.logins = std::make_shared<LoginGuard>(LoginGuard::Password::changing);
    }
    settings.max_waiters = 2 + world_.below(30);
    settings.statement_cache_size = world_.below(4);
    settings.enable_discovery = discovers_;
    settings.timeouts.connect = milliseconds_between(world_, 200, 3000);
    settings.timeouts.acquire = milliseconds_between(world_, 100, 3000);
    settings.timeouts.statement = milliseconds_between(world_, 500, 5000);
    settings.timeouts.drain = milliseconds_between(world_, 10, 1000);
    settings.discovery.interval = milliseconds_between(world_, 200, 3000);
    settings.discovery.timeout = milliseconds_between(world_, 100, 2000);
    settings.transport = std::make_shared<SimTransport>(*cluster_);
    NamedStrategy strategy = any_strategy(world_);
    settings.strategy = {std::move(strategy.strategy), std::move(strategy.name)};
    settings.discovery_source = std::make_shared<SimDiscoverySource>();
    limits_.routes = discovers_ && world_.one_in(2);
    if (limits_.routes) {
        settings.router = std::make_shared<SimRouter>(*cluster_);
        if (world_.one_in(2)) settings.owner_wait = world_.random_delay(1ms, 100ms);
    }
    promises_->limit(limits_);
    return settings;
}

// ---- its course

Report Scenario::run() {
    if (world_.one_in(2)) {
        client_->connect(Readiness{world_.below(limits_.max_size + 1), milliseconds_between(world_, 1, 5000)},
                         any_face(), [](const Error&) {});
    }
    for (std::size_t i = 1; i < rounds && !promises_->broken(); ++i) round();
    if (!promises_->broken()) last_round();
    Report report;
    report.broken = promises_->broken();
    report.fingerprint = world_.fingerprint();
    report.events = world_.events();
    report.calls = promises_->calls();
    report.succeeded = promises_->succeeded();
    report.faults = faults_;
    report.most_connects = promises_->most_connects();
    report.outcomes = promises_->outcomes();
    world_.settled = {};
    return report;
}

void Scenario::run_until(const std::function<bool()>& done) {
    const TimePoint give_up_at = world_.now() + longest_round;
    while (!promises_->broken() && !done()) {
        world_.run(world_.now() + 100ms);
        if (world_.now() > give_up_at) promises_->break_promise("there is no end to a round");
    }
}

void Scenario::settled() {
    promises_->settled(client_->figures());
    if (const std::string difference = client_->audit(); !difference.empty()) {
        promises_->break_promise("the engine keeps what does not follow from its nodes: " + difference);
    }
    if (world_.events() > most_events) promises_->break_promise("there is no end to it");
}

void Scenario::round() {
    plan_faults();
    start_callers((fewest_calls + rounds - 1) / rounds + world_.below(20));
    run_until([this] { return callers_ == 0 && faults_to_come_ == 0; });
    heal();
    if (world_.one_in(2)) leave_one_unwell();
    for (auto waited = 0s; waited < resumes_after && !promises_->broken(); waited += 4s) {
        probe();
        world_.run(world_.now() + 4s);
    }
    for (int i = 0; i < 5 && !promises_->broken(); ++i) {
        probe();
        world_.run(world_.now() + 1s);
    }
    if (mend_) std::exchange(mend_, {})();
    world_.run(world_.now() + comes_to_rest_after);
    if (!promises_->broken()) promises_->at_rest(client_->figures());
    promises_->faulted();
}

void Scenario::last_round() {
    plan_faults();
    start_callers((fewest_calls + rounds - 1) / rounds + world_.below(20));
    const bool closes = !world_.one_in(3);
    const bool terminates = !closes || world_.one_in(2);
    const Duration end = world_.random_delay(10ms, 6s);
    if (closes) {
        world_.after(end, [this] {
            client_->close(milliseconds_between(world_, 1, 3000), any_face(), [this](bool quiet) {
                if (quiet) promises_->client_is_quiet();
            });
        });
    }
    if (terminates) {
        world_.after(closes ? end + world_.random_delay(1ms, 3s) : end, [this] {
            client_->terminate();
            promises_->client_is_quiet();
        });
    }
    run_until([this] { return callers_ == 0 && faults_to_come_ == 0 && client_->jobs() == 0; });
    heal();
    world_.run(world_.now() + 1min);
    if (!promises_->broken()) promises_->all_is_over(client_->figures(), client_->jobs());
}

// ---- callers

Face Scenario::any_face() noexcept { return world_.one_in(2) ? Face::synchronous : Face::asynchronous; }

void Scenario::start_callers(std::size_t calls) {
    const std::size_t callers = 2 + world_.below(10);
    for (std::size_t i = 0; i < callers; ++i) {
        ++callers_;
        caller(calls / callers + 1);
    }
}

void Scenario::caller(std::size_t left) {
    if (left == 0) {
        --callers_;
        return;
    }
    const Duration pause = world_.one_in(4) ? world_.random_delay(1ms, 1s) : world_.random_delay(0us, 5ms);
    world_.after(pause, [this, left] { call(true, [this, left] { caller(left - 1); }); });
}

void Scenario::call(bool may_be_given_up, std::function<void()> ended) {
    static const std::array<std::string, 6> texts{"SELECT 1", "SELECT 2", "INSERT 1",
                                                  "INSERT 2", "INSERT 3", "CREATE TABLE 1"};
    SimClient::Statement statement{++statements_, texts[world_.below(texts.size())], {}};
    if (world_.one_in(4)) statement.options.idempotence = Idempotence::yes;
    if (may_be_given_up && world_.one_in(6)) statement.options.timeout = milliseconds_between(world_, 1, 40);
    const auto job = client_->call(std::move(statement), any_face(), std::move(ended));
    if (!may_be_given_up || !world_.one_in(8)) return;
    const auto kind = static_cast<Cancellation>(world_.below(3));
    world_.after(world_.random_delay(0us, 10ms), [job, kind] {
        if (const auto running = job.lock()) running->cancel(kind);
    });
}

void Scenario::probe() {
    call(false, [] {});
}

// ---- faults

void Scenario::plan_faults() {
    cluster_->set_long_statements(true);
    const std::size_t count = (fewest_faults + rounds - 1) / rounds + world_.below(6);
    for (std::size_t i = 0; i < count; ++i) {
        ++faults_to_come_;
        world_.after(world_.random_delay(0us, 4s), [this] {
            --faults_to_come_;
            fault();
        });
    }
}

void Scenario::fault() {
    ++faults_;
    const Duration length = world_.one_in(3) ? world_.random_delay(1ms, 50ms) : world_.random_delay(50ms, 4s);
    if (world_.below(10) < 6) {
        fault_of_instance(length);
    } else {
        fault_of_cluster(length);
    }
}

void Scenario::fault_of_instance(Duration length) {
    Instance& instance = cluster_->instance(world_.below(cluster_->size()));
    const auto fault = static_cast<Fault>(world_.below(fault_kinds));
    const bool may_refuse_logins = !has_password_provider_ && !had_logins_refused_.contains(&instance);
    if (fault == Fault::refuses_logins && !may_refuse_logins) {
        return cluster_->drop_sessions(instance, cluster_->any_loss());
    }
    if (fault == Fault::refuses_logins) {
        had_logins_refused_.insert(&instance);
        length = world_.random_delay(1s, 20s);
    }
    cluster_->begin(fault, instance);
    ++faults_under_way_;
    world_.after(length, [this, &instance, fault] {
        --faults_under_way_;
        cluster_->end(fault, instance);
    });
}

void Scenario::restart_later(Instance& instance, Duration length) {
    const bool may_move = discovers_ && &instance != &cluster_->instance(0);
    const auto address = may_move && world_.one_in(2) ? SimCluster::Address::other : SimCluster::Address::same;
    world_.after(length, [this, &instance, address] {
        if (!instance.alive && instance.joined) cluster_->restart(instance, address);
    });
}

void Scenario::fault_of_cluster(Duration length) {
    Instance& instance = cluster_->instance(world_.below(cluster_->size()));
    switch (world_.below(10)) {
        case 0:
        case 1:
            if (!instance.alive) break;
            cluster_->kill(instance, cluster_->any_loss());
            return restart_later(instance, length);
        case 2: return cluster_->drop_sessions(instance, cluster_->any_loss());
        case 3:
            if (has_password_provider_ && world_.one_in(2)) return change_password(world_.random_delay(1ms, 1min));
            return cluster_->change_schema();
        case 4: {
            const Duration span = world_.one_in(2) ? length : world_.random_delay(1s, 40s);
            world_.tell([] { return std::string{"fault: time leaps"}; });
            return world_.leap(span);
        }
        case 5:
        case 6: return fault_of_client(length);
        case 7: {
            if (world_.one_in(3)) return client_->renew_connections();
            NamedStrategy strategy = any_strategy(world_);
            return client_->set_strategy(std::move(strategy.strategy), std::move(strategy.name));
        }
        default: break;
    }
    if (discovers_ && cluster_->size() < 8 && world_.one_in(3)) {
        const bool named = !cluster_->instance(0).node.endpoint.host.starts_with("10.");
        const std::string name = "node" + std::to_string(cluster_->size() + 1) + ".sim";
        cluster_->add_instance(named ? name : std::string{});
    } else if (discovers_ && &instance != &cluster_->instance(0) && instance.joined && world_.one_in(2)) {
        cluster_->expel(instance);
    } else {
        client_->refresh_topology(any_face(), [](const Error&) {});
    }
}

// The cluster knows it first; a change that overtakes another one does not bring the old one back.
void Scenario::change_password(Duration until_client_knows) {
    const std::string password = "the password " + std::to_string(++passwords_);
    world_.tell([&] { return "fault: the cluster takes " + password; });
    cluster_->set_password(password);
    ++faults_under_way_;
    world_.after(until_client_knows, [this, password] {
        --faults_under_way_;
        if (password == cluster_->password()) password_ = password;
        world_.tell([&] { return "the client has " + password_; });
    });
}

void Scenario::fault_of_client(Duration length) {
    SimCluster::ClientFaults& faults = cluster_->client_faults();
    switch (world_.below(5)) {
        case 0: faults.failed_names = 1 + world_.below(3); break;
        case 1: faults.slowest_name = world_.random_delay(10ms, 2s); break;
        case 2: faults.failed_opens = 1 + world_.below(3); break;
        case 3: faults.broken_writes = 2 + world_.below(8); break;
        default: faults.partial_writes = 2 + world_.below(4); break;
    }
    world_.tell([] { return std::string{"fault: of names, writes or opens"}; });
    world_.after(length, [this] { cluster_->client_faults() = {}; });
}

// All faults have ended, or end now; what they left behind is the client's.
void Scenario::heal() {
    run_until([this] { return faults_under_way_ == 0; });
    cluster_->client_faults() = {};
    cluster_->set_long_statements(false);
    for (std::size_t i = 0; i < cluster_->size(); ++i) {
        Instance& instance = cluster_->instance(i);
        if (!instance.alive && instance.joined) cluster_->restart(instance, SimCluster::Address::same);
    }
    world_.tell([] { return std::string{"all is well"}; });
    const bool logs_in = !leaves_accounts_alone();
    Limits limits = limits_;
    limits.keeps_ready = limits_.keeps_ready && logs_in;
    promises_->limit(limits);
    if (logs_in) promises_->healed(resumes_after);
}

// After several refusals the pauses are longer than anybody here waits.
bool Scenario::leaves_accounts_alone() {
    for (std::size_t i = 0; i < cluster_->size(); ++i) {
        const TimePoint then = world_.now() + resumes_after - 5s;
        const std::string& password = has_password_provider_ ? password_ : std::string{};
        const LoginGuard& logins = *client_->core().settings().logins;
        const Instance& instance = cluster_->instance(i);
        if (promises_->has_refused_several(instance.node.name)) return true;  // the client may hear of it later
        for (const std::string& address : {instance.address, instance.second_address}) {
            if (logins.refusal(address, password, then).code == Errc::authentication_failed) return true;
        }
    }
    return false;
}

// The others have to serve all calls. Not the first instance: it may be the only seed.
void Scenario::leave_one_unwell() {
    if (cluster_->size() < 2) return;
    Instance& instance = cluster_->instance(1 + world_.below(cluster_->size() - 1));
    if (!instance.alive) return;
    // A client of one connection finds out that a node is silent by spending its only place on it. A name with an
    // address where nobody answers is a silent node, too.
    const bool named = !instance.node.endpoint.host.starts_with("10.");
    if (limits_.max_size == 1 && named) return;
    if (limits_.max_size == 1 || world_.one_in(2)) {
        cluster_->kill(instance, Loss::closed);
        mend_ = [this, &instance] { cluster_->restart(instance, SimCluster::Address::same); };
    } else {
        cluster_->begin(Fault::silent_handshake, instance);
        mend_ = [this, &instance] { cluster_->end(Fault::silent_handshake, instance); };
    }
}

}  // namespace picoxx::simulation
