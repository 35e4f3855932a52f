#include "sim_cluster.hpp"

#include "server_end.hpp"

#include <algorithm>
#include <utility>

namespace picoxx::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t port = 4327;
constexpr std::uint64_t one_step_in_is_lost = 8;

std::string numeric(const std::string& host) { return host + ':' + std::to_string(port); }

}  // namespace

std::string_view to_string(Fault fault) noexcept {
    switch (fault) {
        case Fault::refuses: return "refuses connections";
        case Fault::drops_dials: return "drops connections in the handshake";
        case Fault::silent_handshake: return "is silent in the handshake";
        case Fault::hangs: return "hangs";
        case Fault::slow: return "is slow";
        case Fault::refuses_logins: return "refuses logins";
        case Fault::store_full: return "has a full statement store";
        case Fault::answers_errors: return "answers errors";
        case Fault::loses_sessions: return "loses sessions";
        case Fault::lies: return "lies about the cluster";
    }
    return "";
}

// ---- how it is made

Instance& SimCluster::add_instance(const std::string& host_name) {
    auto instance = std::make_unique<Instance>();
    const std::string number = std::to_string(instances_.size() + 1);
    const std::string host = "10.0.0." + std::to_string(++addresses_);
    instance->node.id = "uuid-" + number;
    instance->node.name = "i" + number;
    instance->node.tier = "default";
    // Two of a replicaset, of which the first leads, where that is told.
    instance->node.replicaset = "rs-" + std::to_string(instances_.size() / 2 + 1);
    if (roles_are_told_) instance->node.role = instances_.size() % 2 == 0 ? NodeRole::leader : NodeRole::replica;
    instance->node.endpoint = Endpoint{host_name.empty() ? host : host_name, port};
    instance->node.incarnation = 1;
    instance->address = numeric(host);
    if (!host_name.empty()) {
        names_[host_name] = {host};
        // A second one comes first, or behind.
        if (world_.one_in(2)) {
            constexpr std::array<std::string_view, 3> networks{"10.9.0.", "10.8.0.", "10.1.0."};
            const std::string_view network = networks[world_.below(networks.size())];
            const std::string second = std::string{network} + number;
            if (network == "10.1.0.") instance->second_address = numeric(second);
            auto& addresses = names_[host_name];
            addresses.insert(world_.one_in(2) ? addresses.begin() : addresses.end(), second);
        }
    }
    listen(*instance);
    instances_.push_back(std::move(instance));
    publish();
    Instance& made = *instances_.back();
    made.catalogue = catalogues_.size() - 1;
    return made;
}

void SimCluster::add_name(const std::string& host_name, const Instance& instance) {
    names_[host_name] = {instance.address.substr(0, instance.address.find(':'))};
}

void SimCluster::listen(Instance& instance) {
    listeners_[instance.address] = &instance;
    if (!instance.second_address.empty()) listeners_[instance.second_address] = &instance;
}

void SimCluster::stop_listening(const Instance& instance) {
    listeners_.erase(instance.address);
    listeners_.erase(instance.second_address);
}

// It may be one that another instance had.
std::string SimCluster::new_host() {
    if (left_hosts_.empty() || world_.one_in(2)) return "10.0.0." + std::to_string(++addresses_);
    std::string host = std::move(left_hosts_.front());
    left_hosts_.erase(left_hosts_.begin());
    return host;
}

// Each instance learns of it in its own time, and of what was before it first.
void SimCluster::publish() {
    Topology next;
    for (const auto& instance : instances_) {
        if (instance->joined) next.nodes.push_back(instance->node);
    }
    catalogues_.push_back(std::move(next));
    const std::size_t version = catalogues_.size() - 1;
    for (const auto& instance : instances_) {
        Instance* const one = instance.get();
        const Duration lag = longest_lag_ == Duration{} ? Duration{} : world_.random_delay({}, longest_lag_);
        world_.after(lag, [one, version] { one->catalogue = std::max(one->catalogue, version); });
    }
}

// ---- what happens to it

void SimCluster::begin(Fault fault, Instance& instance) {
    world_.tell([&] { return "fault: " + instance.node.name + ' ' + std::string{to_string(fault)}; });
    ++instance.faults[static_cast<std::size_t>(fault)];
}

void SimCluster::end(Fault fault, Instance& instance) {
    world_.tell([&] { return "fault ends: " + instance.node.name + ' ' + std::string{to_string(fault)}; });
    --instance.faults[static_cast<std::size_t>(fault)];
    wake_silent(instance);
}

void SimCluster::wake_silent(Instance& instance) {
    for (const auto& weak : std::exchange(instance.silent, {})) {
        if (const auto connection = weak.lock()) connection->go_on();
    }
}

void SimCluster::kill(Instance& instance, Loss loss) {
    world_.tell([&] { return "fault: " + instance.node.name + " dies"; });
    instance.alive = false;
    stop_listening(instance);
    drop_sessions(instance, loss);
    instance.store.clear();
}

void SimCluster::restart(Instance& instance, Address address) {
    if (address == Address::other) {
        const std::string host = new_host();
        left_hosts_.push_back(instance.address.substr(0, instance.address.find(':')));
        instance.address = numeric(host);
        const auto named = names_.find(instance.node.endpoint.host);
        instance.second_address.clear();
        if (named != names_.end()) {
            named->second = {host};
        } else {
            instance.node.endpoint.host = host;
        }
    }
    world_.tell([&] { return "fault ends: " + instance.node.name + " is back at " + instance.address; });
    instance.alive = true;
    promises_.restarted(instance.node.name);
    ++instance.node.incarnation;
    listen(instance);
    publish();
    instance.catalogue = catalogues_.size() - 1;
}

void SimCluster::drop_sessions(Instance& instance, Loss loss) {
    for (const auto& [id, connection] : std::exchange(instance.connections, {})) connection->lose(loss);
}

void SimCluster::expel(Instance& instance) {
    instance.joined = false;
    kill(instance, Loss::fatal);
    publish();
}

void SimCluster::change_schema() {
    world_.tell([] { return std::string{"fault: a table changes"}; });
    for (const auto& instance : instances_) ++instance->schema;
}

// ---- names

SimCluster::Names SimCluster::resolve(const std::string& host) {
    const auto found = names_.find(host);
    if (found == names_.end()) return {{}, "Name or service not known"};
    if (comes_true(client_faults_.failed_names)) return {{}, "Temporary failure in name resolution"};
    return {found->second, {}};
}

Duration SimCluster::time_to_resolve() {
    return world_.random_delay(100us, std::max<Duration>(client_faults_.slowest_name, 3ms));
}

// ---- for the server's side

Instance* SimCluster::listening(const std::string& address) {
    const auto found = listeners_.find(address);
    return found == listeners_.end() ? nullptr : found->second;
}

bool SimCluster::next_step_is_lost(const Instance& instance) {
    if (steps_++ == lose_at_) return true;
    return instance.has(Fault::loses_sessions) && world_.one_in(one_step_in_is_lost);
}

Loss SimCluster::any_loss() noexcept {
    const std::uint64_t drawn = world_.below(10);
    if (drawn < 4) return Loss::closed;
    if (drawn < 7) return Loss::reset;
    return drawn < 9 ? Loss::fatal : Loss::unnoticed;
}

Topology SimCluster::picture(const Instance& instance) {
    Topology picture = catalogues_[instance.catalogue];
    picture.answered_by = instance.node.id;
    if (!instance.has(Fault::lies)) return picture;
    std::erase_if(picture.nodes, [&](const Node&) { return world_.one_in(3); });
    for (Node& node : picture.nodes) {
        if (world_.one_in(3)) node.endpoint.host = world_.one_in(2) ? "10.8.1.1" : "10.9.1.1";
    }
    return picture;
}

}  // namespace picoxx::simulation
