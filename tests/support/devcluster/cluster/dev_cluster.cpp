#include "failure_orders.hpp"
#include "front/front.hpp"
#include "postgres_server.hpp"
#include "sql/catalog.hpp"
#include "sql/catalog_shared.hpp"
#include "sql/sql_engine.hpp"
#include "wire/tls_context.hpp"

#include <picoxx/testing/dev_cluster.hpp>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace picoxx::testing {
namespace {

using namespace devcluster;

constexpr std::string_view host = "127.0.0.1";

enum class Life { running, down, expelled };

struct Node {
    Node(std::string node_name, Catalog& catalog, const TlsContext& tls)
        : name{std::move(node_name)}, front{name, catalog, tls} {}

    std::string name;
    Front front;
    Life life = Life::down;
    std::string uuid;
    std::string replicaset;

    [[nodiscard]] std::string address() const { return std::string{host} + ":" + std::to_string(front.port()); }
    [[nodiscard]] DevNode describe() const { return {name, address(), uuid, replicaset}; }
};

const char* word_for(Life life) {
    switch (life) {
        case Life::running: return "running";
        case Life::down: return "down";
        case Life::expelled: return "expelled";
    }
    return "";
}

}  // namespace

class DevCluster::Impl {
public:
    explicit Impl(DevClusterOptions options) : options_{std::move(options)}, catalog_{postgres_.address()} {
        if (options_.nodes == 0 || options_.replication_factor == 0)
            throw std::runtime_error{"a cluster has at least one node and one replica"};
        TierSettings tier;
        tier.replication_factor = options_.replication_factor;
        tier.bucket_count = options_.bucket_count;
        catalog_.bootstrap({tier}, options_.admin_password);
        for (std::size_t i = 0; i < options_.nodes; ++i) add();
        lead("i1");
    }

    void move_buckets(std::uint64_t first, std::uint64_t last, std::string_view replicaset) {
        catalog_.move_buckets("default", first, last, replicaset);
    }

    DevNode add() {
        auto& node = *nodes_.emplace_back(
            std::make_unique<Node>("i" + std::to_string(nodes_.size() + 1), catalog_, tls_));
        NewInstance joining;
        joining.name = node.name;
        joining.address = node.address();
        const auto instance = catalog_.add_instance(joining);
        node.uuid = instance.uuid;
        node.replicaset = instance.replicaset_name;
        node.front.set_uuid(instance.uuid);
        node.front.instance().counts_owners = options_.count_owners;
        node.front.listen();
        node.life = Life::running;
        return node.describe();
    }

    Node& find(std::string_view name) {
        for (auto& node : nodes_)
            if (node->name == name) return *node;
        throw std::runtime_error{"there is no node " + std::string{name}};
    }

    Node& running(std::string_view name) { return in(Life::running, name); }

    void stop(Node& node) {
        go_offline(node);
        go_down(node);
    }

    void go_down(Node& node) {
        node.front.stop_listening();
        node.front.end_sessions();
        node.front.resume();
        node.life = Life::down;
    }

    void start(std::string_view name) {
        auto& node = in(Life::down, name);
        const auto incarnation = instance(node).target.incarnation + 1;
        node.front.instance().logins.forget_all();
        const InstanceState online{InstanceVariant::online, incarnation};
        catalog_.shared().masters.tell(node.name);
        lead_replicaset_if_vacant(node);
        catalog_.set_state(node.name, online, online);
        if (raft_leader_.empty()) lead(node.name);
        node.life = Life::running;
        node.front.listen();
    }

    void go_offline(Node& node) {
        const InstanceState offline{InstanceVariant::offline, instance(node).target.incarnation};
        catalog_.set_state(node.name, offline, offline);
        elect_without(node);
    }

    void expel(Node& node) {
        if (node.life == Life::expelled) throw std::runtime_error{node.name + " is expelled already"};
        elect_without(node);
        catalog_.expel(node.name);
        go_down(node);
        node.life = Life::expelled;
    }

    void switch_master(Node& node, DevNews news) {
        const auto old_master = catalog_.master(node.replicaset);
        if (old_master == node.name) throw std::runtime_error{node.name + " is the master already"};
        if (news == DevNews::on_command) {
            std::vector<std::string> all;
            for (const auto& one : nodes_) all.push_back(one->name);
            catalog_.shared().masters.keep_from(all, instance(node).replicaset_uuid, old_master.value_or(""));
        }
        catalog_.set_master(node.replicaset, node.name);
    }

    void learn_masters(const Node& node) { catalog_.shared().masters.tell(node.name); }

    DevRows run_sql(std::string_view sql) {
        if (!admin_) {
            SessionSettings settings;  // of no instance: it is past the nodes
            settings.instance_uuid = nodes_.front()->uuid;
            settings.user = "admin";
            admin_ = std::make_unique<SqlEngine>(catalog_, settings);
        }
        const auto prepared = value_of(admin_->prepare(sql));
        if (prepared.is_empty() || prepared.deallocate) return {};
        const auto bound = value_of(admin_->bind(prepared, "", {}, {}));
        auto result = value_of(admin_->execute(prepared, bound));
        DevRows answer;
        if (result.columns)
            for (auto& column : *result.columns) answer.columns.push_back(std::move(column.name));
        answer.tag = result.columns ? result.tag + " " + std::to_string(result.rows.size()) : result.tag;
        answer.rows = std::move(result.rows);
        return answer;
    }

    void create_user(std::string_view name, std::string_view password, DevAuth auth) {
        UserRecord user;
        user.name = name;
        user.password = password;
        user.method = auth == DevAuth::md5 ? AuthMethod::md5 : AuthMethod::scram_sha256;
        catalog_.add_user(user);
    }

    [[nodiscard]] std::string dsn(const Node& node) const {
        return "postgresql://admin:" + options_.admin_password + "@" + node.address();
    }

    [[nodiscard]] std::vector<DevNode> describe_nodes() const {
        std::vector<DevNode> list;
        for (const auto& node : nodes_) list.push_back(node->describe());
        return list;
    }

    [[nodiscard]] const Node& first() const { return *nodes_.front(); }
    [[nodiscard]] const TlsContext& tls() const noexcept { return tls_; }
    [[nodiscard]] const PostgresServer& postgres() const noexcept { return postgres_; }
    [[nodiscard]] std::unique_lock<std::mutex> lock() { return std::unique_lock{mutex_}; }

private:
    template <class T>
    static T value_of(SqlResult<T> result) {
        if (!result) throw std::runtime_error{result.error().message};
        return std::move(*result);
    }

    Node& in(Life life, std::string_view name) {
        auto& node = find(name);
        if (node.life != life) throw std::runtime_error{node.name + " is " + word_for(node.life)};
        return node;
    }

    InstanceRecord instance(const Node& node) {
        auto record = catalog_.instance(node.name);
        if (!record) throw std::runtime_error{"the catalogue has no instance " + node.name};
        return *record;
    }

    void lead(const std::string& name) {
        raft_leader_ = name;
        catalog_.set_raft_leader(name);
    }

    /// Leaves raft leadership to another that is Online, if there is one; the catalogue hands mastership over itself.
    void elect_without(const Node& leaving) {
        if (raft_leader_ != leaving.name) return;
        std::string heir;
        for (const auto& other : catalog_.instances())
            if (heir.empty() && other.name != leaving.name && other.current.variant == InstanceVariant::online)
                heir = other.name;
        lead(heir);
    }

    /// A node that comes back leads its replicaset only if nobody Online does.
    void lead_replicaset_if_vacant(const Node& node) {
        const auto master = catalog_.master(node.replicaset);
        if (master && is_online(*master)) return;
        catalog_.set_master(node.replicaset, node.name);
    }

    bool is_online(const std::string& name) {
        const auto record = catalog_.instance(name);
        return record && record->current.variant == InstanceVariant::online;
    }

    const DevClusterOptions options_;
    std::mutex mutex_;
    const PostgresServer postgres_;
    Catalog catalog_;
    const TlsContext tls_;
    std::unique_ptr<SqlEngine> admin_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::string raft_leader_;
};

DevCluster::DevCluster(DevClusterOptions options) : impl_{std::make_unique<Impl>(std::move(options))} {}

DevCluster::~DevCluster() = default;

std::string DevCluster::dsn() const {
    const auto lock = impl_->lock();
    return impl_->dsn(impl_->first());
}

std::string DevCluster::dsn(std::string_view node) const {
    const auto lock = impl_->lock();
    return impl_->dsn(impl_->find(node));
}

std::vector<DevNode> DevCluster::nodes() const {
    const auto lock = impl_->lock();
    return impl_->describe_nodes();
}

DevNode DevCluster::node(std::string_view name) const {
    const auto lock = impl_->lock();
    return impl_->find(name).describe();
}

std::uint16_t DevCluster::port(std::string_view node) const {
    const auto lock = impl_->lock();
    return impl_->find(node).front.port();
}

void DevCluster::stop(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->stop(impl_->running(node));
}

void DevCluster::kill(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->go_down(impl_->running(node));
}

void DevCluster::start(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->start(node);
}

void DevCluster::offline(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->go_offline(impl_->find(node));
}

void DevCluster::expel(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->expel(impl_->find(node));
}

DevNode DevCluster::add() {
    const auto lock = impl_->lock();
    return impl_->add();
}

void DevCluster::pause(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->running(node).front.pause();
}

void DevCluster::resume(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->running(node).front.resume();
}

void DevCluster::refuse(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->running(node).front.stop_listening();
}

void DevCluster::accept(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->running(node).front.listen();
}

void DevCluster::slow(std::string_view node, std::chrono::milliseconds delay) {
    const auto lock = impl_->lock();
    impl_->find(node).front.instance().gate.set_delay(delay);
}

void DevCluster::cut(std::string_view node, std::size_t bytes) {
    const auto lock = impl_->lock();
    impl_->running(node).front.instance().gate.cut_after(bytes);
}

void DevCluster::drop_sessions(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->running(node).front.end_sessions();
}

void DevCluster::demand_tls(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->find(node).front.instance().tls_demand = TlsDemand::on;
}

void DevCluster::fail_next(std::string_view node, FailNext failure) {
    const auto lock = impl_->lock();
    impl_->find(node).front.instance().script.add(planned(std::move(failure)));
}

void DevCluster::stale_statements(std::string_view node, DevStaleness staleness) {
    const auto lock = impl_->lock();
    impl_->find(node).front.instance().script.make_stale(staleness_of(staleness));
}

void DevCluster::forget_failures(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->find(node).front.instance().script.clear();
}

void DevCluster::switch_master(std::string_view node, DevNews news) {
    const auto lock = impl_->lock();
    impl_->switch_master(impl_->running(node), news);
}

void DevCluster::learn_masters(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->learn_masters(impl_->find(node));
}

void DevCluster::move_buckets(std::uint64_t first, std::uint64_t last, std::string_view replicaset) {
    const auto lock = impl_->lock();
    impl_->move_buckets(first, last, replicaset);
}

void DevCluster::accept_plain(std::string_view node) {
    const auto lock = impl_->lock();
    impl_->find(node).front.instance().tls_demand = TlsDemand::off;
}

std::string DevCluster::certificate() const { return impl_->tls().certificate(); }

DevNodeCounters DevCluster::counters(std::string_view node) const {
    const auto lock = impl_->lock();
    const auto& seen = impl_->find(node).front.instance().counters;
    return {seen.connections, seen.sessions,   seen.logins,   seen.failed_logins,
            seen.parses,      seen.statements, seen.at_owner, seen.forwarded};
}

DevRows DevCluster::run_sql(std::string_view sql) {
    const auto lock = impl_->lock();
    return impl_->run_sql(sql);
}

void DevCluster::create_user(std::string_view name, std::string_view password, DevAuth auth) {
    const auto lock = impl_->lock();
    impl_->create_user(name, password, auth);
}

std::string DevCluster::directory() const { return impl_->postgres().directory(); }

}  // namespace picoxx::testing
