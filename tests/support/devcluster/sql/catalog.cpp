#include "catalog.hpp"

#include "bucket_functions.hpp"
#include "catalog_schema.hpp"
#include "catalog_shared.hpp"

#include <charconv>
#include <stdexcept>
#include <utility>

namespace picoxx::devcluster {
namespace {

std::uint64_t number(const std::optional<std::string>& text) {
    std::uint64_t value = 0;
    if (text) {
        std::from_chars(text->data(), text->data() + text->size(), value);
    }
    return value;
}

std::string state_json(InstanceState state) {
    static constexpr const char* names[] = {"Online", "Offline", "Expelled"};
    return "[\"" + std::string{names[static_cast<int>(state.variant)]} + "\"," + std::to_string(state.incarnation) +
           "]";
}

InstanceState parse_state(const std::string& json) {
    InstanceState state;
    state.variant = json.find("Online") != std::string::npos     ? InstanceVariant::online
                    : json.find("Expelled") != std::string::npos ? InstanceVariant::expelled
                                                                 : InstanceVariant::offline;
    if (const auto comma = json.find(','); comma != std::string::npos) {
        state.incarnation = number(json.substr(comma + 1));
    }
    return state;
}

InstanceRecord record_of(const PgResult& rows, std::size_t row) {
    InstanceRecord record;
    record.name = rows.value(row, 0).value_or("");
    record.uuid = rows.value(row, 1).value_or("");
    record.raft_id = number(rows.value(row, 2));
    record.replicaset_name = rows.value(row, 3).value_or("");
    record.replicaset_uuid = rows.value(row, 4).value_or("");
    record.tier = rows.value(row, 5).value_or("");
    record.current = parse_state(rows.value(row, 6).value_or(""));
    record.target = parse_state(rows.value(row, 7).value_or(""));
    return record;
}

constexpr const char* instance_columns =
    "SELECT name, uuid, raft_id, replicaset_name, replicaset_uuid, tier, current_state, target_state FROM "
    "public._pico_instance ";

/// The address of the internal protocol, if none is given: the next port of the same host.
std::string iproto_address(const NewInstance& instance) {
    if (!instance.iproto_address.empty()) {
        return instance.iproto_address;
    }
    const auto colon = instance.address.rfind(':');
    return instance.address.substr(0, colon) + ":" + std::to_string(number(instance.address.substr(colon + 1)) + 1);
}

void redistribute_buckets(Catalog::Shared& shared, const std::string& tier) {
    shared.admin("DELETE FROM picoxx.bucket_range WHERE tier = $1", {tier});
    shared.admin(R"sql(
INSERT INTO picoxx.bucket_range
SELECT t.name, (n - 1) * t.bucket_count / members + 1, n * t.bucket_count / members, r.uuid
FROM public._pico_tier AS t, LATERAL (SELECT uuid, row_number() OVER (ORDER BY name) AS n, count(*) OVER () AS members
    FROM public._pico_replicaset WHERE tier = t.name AND state = 'ready') AS r
WHERE t.name = $1)sql",
                 {tier});
    shared.admin(
        "UPDATE public._pico_tier SET vshard_bootstrapped = true, current_vshard_config_version = "
        "current_vshard_config_version + 1, "
        "target_vshard_config_version = target_vshard_config_version + 1 WHERE name = $1 AND EXISTS (SELECT FROM "
        "picoxx.bucket_range WHERE tier = $1)",
        {tier});
}

/// Finds or makes the replicaset for a new instance; {name, uuid}.
std::pair<std::string, std::string> replicaset_for(Catalog::Shared& shared, const NewInstance& instance) {
    if (instance.replicaset_name.empty()) {
        const auto open = shared.admin(R"sql(
SELECT r.name, r.uuid FROM public._pico_replicaset AS r JOIN public._pico_tier AS t ON t.name = r.tier
WHERE r.tier = $1 AND r.state IN ('ready', 'not-ready') AND t.replication_factor >
    (SELECT count(*) FROM public._pico_instance AS i WHERE i.replicaset_name = r.name AND i.target_state ->> 0 <> 'Expelled')
ORDER BY r.name LIMIT 1)sql",
                                       {instance.tier});
        if (open.row_count() == 1) {
            return {*open.value(0, 0), *open.value(0, 1)};
        }
    } else {
        const auto named = shared.admin("SELECT name, uuid FROM public._pico_replicaset WHERE name = $1 AND tier = $2",
                                        {instance.replicaset_name, instance.tier});
        if (named.row_count() == 1) {
            return {*named.value(0, 0), *named.value(0, 1)};
        }
    }
    auto name = instance.replicaset_name;
    if (name.empty()) {
        const auto count = shared.admin("SELECT count(*) + 1 FROM public._pico_replicaset WHERE tier = $1",
                                        {instance.tier});
        name = instance.tier + "_" + count.value(0, 0).value_or("1");
    }
    const auto made = shared.admin(
        "INSERT INTO public._pico_replicaset VALUES ($1, gen_random_uuid()::text, $2, $2, $3, 0, 'auto', 'not-ready', "
        "1, 1, '{}', 0, 0, 0) RETURNING uuid",
        {name, instance.name, instance.tier});
    return {name, *made.value(0, 0)};
}

/// A replicaset that has become full takes part from now on.
void admit_replicaset(Catalog::Shared& shared, const std::string& replicaset, const std::string& tier) {
    const auto admitted = shared.admin(R"sql(
UPDATE public._pico_replicaset AS r SET state = 'ready', weight = 1 WHERE r.name = $1 AND r.state = 'not-ready' AND
    (SELECT t.replication_factor FROM public._pico_tier AS t WHERE t.name = r.tier) <=
    (SELECT count(*) FROM public._pico_instance AS i WHERE i.replicaset_name = r.name AND i.target_state ->> 0 <> 'Expelled')
RETURNING r.name)sql",
                                       {replicaset});
    if (admitted.row_count() == 1) {
        redistribute_buckets(shared, tier);
    }
}

/// Moves the mastership away from an instance that is not Online, if the replicaset has one that is.
void fail_over(Catalog::Shared& shared, std::string_view name) {
    shared.admin(R"sql(
UPDATE public._pico_replicaset AS r SET target_master_name = coalesce(
    (SELECT i.name FROM public._pico_instance AS i WHERE i.replicaset_name = r.name AND i.name <> $1
        AND i.current_state ->> 0 = 'Online' AND i.target_state ->> 0 = 'Online' ORDER BY i.raft_id LIMIT 1), r.target_master_name)
WHERE r.current_master_name = $1)sql",
                 {std::string{name}});
}

void require_one(const PgResult& result, std::string_view what, std::string_view name) {
    if (result.affected() == "0") {
        throw std::runtime_error{"no such " + std::string{what} + ": " + std::string{name}};
    }
}

}  // namespace

PgResult Catalog::Shared::admin(const std::string& sql, const PgParameters& values) {
    const std::lock_guard lock{admin_mutex_};
    if (!admin_connection_) {
        admin_connection_.emplace(address);
    }
    auto result = values.empty() ? admin_connection_->run(sql) : admin_connection_->run(sql, values);
    if (!result.ok()) {
        throw std::runtime_error{"private PostgreSQL: " + result.failure().message};
    }
    return result;
}

Catalog::Catalog(PostgresAddress address) : shared_{std::make_unique<Shared>(std::move(address))} {}
Catalog::~Catalog() = default;

const PostgresAddress& Catalog::postgres() const noexcept { return shared_->address; }

void Catalog::bootstrap(const std::vector<TierSettings>& tiers, const std::string& admin_password) {
    for (auto& table : system_tables()) {
        shared_->admin(create_statement(table));
        shared_->admin(
            "INSERT INTO public._pico_table VALUES ($1, $2, '{\"Global\":null}', '[]', 0, true, 'memtx', 1, '', '[]')",
            {std::to_string(table.id), table.name});
        shared_->tables.put(std::move(table));
    }
    shared_->admin(function_statements());
    shared_->admin(std::string{bucket_function_statements()});
    for (const auto& tier : tiers) {
        shared_->admin("INSERT INTO public._pico_tier VALUES ($1, $2, true, 0, 0, false, $3, $4, 0, 0)",
                       {tier.name, std::to_string(tier.replication_factor), std::to_string(tier.bucket_count),
                        tier.is_default ? "true" : "false"});
    }
    for (const auto name : SystemParameters::names()) {
        shared_->admin("INSERT INTO public._pico_db_config VALUES ($1, '', $2)",
                       {std::string{name}, SystemParameters::default_value(name)});
    }
    shared_->admin("INSERT INTO public._pico_property VALUES ('cluster_version', to_json('" + server_version() +
                   "'::text)), ('system_catalog_version', '\"25.5.8\"'), ('global_schema_version', '1'), "
                   "('next_schema_version', '2')");
    for (const auto* role : {"public", "super"}) {
        shared_->users.put_role(role);
    }
    shared_->users.grant("public", {"read", "table", "_pico_instance"});
    shared_->users.grant("public", {"read", "table", "_pico_peer_address"});
    shared_->admin(
        "INSERT INTO public._pico_user VALUES (0, 'guest', 0, '[\"md5\",\"\"]', 1, 'user'), (1, 'admin', 0, "
        "'[\"md5\",\"\"]', 1, 'user'), "
        "(2, 'public', 0, NULL, 1, 'role'), (31, 'super', 0, NULL, 1, 'role'), (32, 'pico_service', 0, "
        "'[\"chap-sha1\",\"\"]', 1, 'user')");
    shared_->users.put_user({"guest", AuthMethod::md5, "", true, 0});
    shared_->users.put_user({"admin", AuthMethod::md5, admin_password, true, 0});
}

InstanceRecord Catalog::add_instance(const NewInstance& wanted) {
    auto instance = wanted;
    if (instance.name.empty()) {
        instance.name = "i" +
                        shared_->admin("SELECT count(*) + 1 FROM public._pico_instance").value(0, 0).value_or("1");
    }
    if (const auto existing = this->instance(instance.name)) {
        if (existing->current.variant != InstanceVariant::expelled) {
            throw std::runtime_error{"`" + instance.name + "` is already joined"};
        }
        shared_->admin("DELETE FROM public._pico_instance WHERE name = $1", {instance.name});
    }
    const auto raft_id = shared_
                             ->admin(
                                 "SELECT greatest((SELECT max(raft_id) FROM public._pico_instance), (SELECT "
                                 "max(raft_id) FROM public._pico_peer_address), 0) + 1")
                             .value(0, 0)
                             .value_or("1");
    const auto [replicaset, replicaset_uuid] = replicaset_for(*shared_, instance);
    shared_->admin("INSERT INTO public._pico_peer_address VALUES ($1, $2, 'iproto'), ($1, $3, 'pgproto')",
                   {raft_id, iproto_address(instance), instance.address});
    shared_->admin(
        "INSERT INTO public._pico_instance VALUES ($1, gen_random_uuid()::text, $2, $3, $4, $5, $6, '{}', $7, $8, 0, "
        "'join', now())",
        {instance.name, raft_id, replicaset, replicaset_uuid, state_json(instance.current), state_json(instance.target),
         instance.tier, server_version()});
    shared_->admin("UPDATE picoxx.raft SET leader_name = $1 WHERE leader_name IS NULL", {instance.name});
    admit_replicaset(*shared_, replicaset, instance.tier);
    return this->instance(instance.name).value();
}

void Catalog::set_state(std::string_view name, InstanceState current, InstanceState target, std::string_view reason) {
    require_one(shared_->admin("UPDATE public._pico_instance SET current_state = $2, target_state = $3, "
                               "target_state_reason = $4, target_state_change_time = now() WHERE name = $1",
                               {std::string{name}, state_json(current), state_json(target), std::string{reason}}),
                "instance", name);
    if (current.variant != InstanceVariant::online) {
        fail_over(*shared_, name);
    }
}

void Catalog::expel(std::string_view name) {
    const auto record = instance(name);
    if (!record) {
        throw std::runtime_error{"no such instance: " + std::string{name}};
    }
    const InstanceState expelled{InstanceVariant::expelled, record->current.incarnation};
    set_state(name, expelled, expelled, "expel");
    const auto emptied = shared_->admin(
        "UPDATE public._pico_replicaset SET state = 'expelled', weight = 0 WHERE name = $1 AND NOT EXISTS "
        "(SELECT FROM public._pico_instance WHERE replicaset_name = $1 AND target_state ->> 0 <> 'Expelled') RETURNING "
        "tier",
        {record->replicaset_name});
    if (emptied.row_count() == 1) {
        redistribute_buckets(*shared_, record->tier);
    }
}

void Catalog::set_address(std::string_view name, std::string_view address) {
    require_one(shared_->admin("UPDATE public._pico_peer_address SET address = $2 WHERE connection_type = 'pgproto' "
                               "AND raft_id = (SELECT raft_id FROM public._pico_instance WHERE name = $1)",
                               {std::string{name}, std::string{address}}),
                "instance", name);
}

void Catalog::set_master(std::string_view replicaset_name, std::string_view instance_name) {
    require_one(shared_->admin("UPDATE public._pico_replicaset SET target_master_name = $2 WHERE name = $1",
                               {std::string{replicaset_name}, std::string{instance_name}}),
                "replicaset", replicaset_name);
}

void Catalog::set_raft_leader(std::string_view instance_name) {
    shared_->admin("UPDATE picoxx.raft SET leader_name = nullif($1, '')", {std::string{instance_name}});
}

std::vector<InstanceRecord> Catalog::instances() {
    const auto rows = shared_->admin(std::string{instance_columns} + "ORDER BY raft_id");
    std::vector<InstanceRecord> records;
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
        records.push_back(record_of(rows, row));
    }
    return records;
}

std::optional<InstanceRecord> Catalog::instance(std::string_view name) {
    const auto rows = shared_->admin(std::string{instance_columns} + "WHERE name = $1", {std::string{name}});
    return rows.row_count() == 1 ? std::optional{record_of(rows, 0)} : std::nullopt;
}

std::optional<std::string> Catalog::master(std::string_view replicaset_name) {
    const auto rows = shared_->admin("SELECT current_master_name FROM public._pico_replicaset WHERE name = $1",
                                     {std::string{replicaset_name}});
    return rows.row_count() == 1 ? rows.value(0, 0) : std::nullopt;
}

void Catalog::move_buckets(std::string_view tier, std::uint64_t first, std::uint64_t last,
                           std::string_view replicaset_name) {
    const auto target = shared_->admin("SELECT uuid FROM public._pico_replicaset WHERE name = $1 AND tier = $2",
                                       {std::string{replicaset_name}, std::string{tier}});
    if (target.row_count() != 1) {
        throw std::runtime_error{"no such replicaset: " + std::string{replicaset_name}};
    }
    // One statement, so that no reader sees a hole: cut the old ranges, add the new one.
    shared_->admin(R"sql(
WITH cut AS (DELETE FROM picoxx.bucket_range WHERE tier = $1 AND first <= $3::bigint AND last >= $2::bigint RETURNING *),
     added AS (SELECT tier, first, $2::bigint - 1 AS last, replicaset_uuid FROM cut WHERE first < $2::bigint
               UNION ALL SELECT tier, $3::bigint + 1, last, replicaset_uuid FROM cut WHERE last > $3::bigint
               UNION ALL SELECT $1, $2::bigint, $3::bigint, $4)
INSERT INTO picoxx.bucket_range SELECT * FROM added
ON CONFLICT (tier, first) DO UPDATE SET last = excluded.last, replicaset_uuid = excluded.replicaset_uuid)sql",
                   {std::string{tier}, std::to_string(first), std::to_string(last), *target.value(0, 0)});
}

std::optional<UserRecord> Catalog::find_user(std::string_view name) { return shared_->users.find_user(name); }

void Catalog::add_user(const UserRecord& user) { shared_->users.put_user(user); }

std::uint64_t Catalog::statement_max() const noexcept { return shared_->parameters.statement_max(); }

std::uint64_t Catalog::portal_max() const noexcept { return shared_->parameters.portal_max(); }

std::uint64_t Catalog::login_attempt_max() const noexcept { return shared_->parameters.login_attempt_max(); }

}  // namespace picoxx::devcluster
