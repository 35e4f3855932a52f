#include "write_execution.hpp"

#include "sharding_key.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace picoxx::devcluster {
namespace {

/// While it lives, the session's writes reach only one replicaset.
class ChosenReplicaset {
public:
    ChosenReplicaset(PgStatements& postgres, const std::string& uuid) : postgres_{postgres} { choose(uuid); }
    ~ChosenReplicaset() { choose(""); }
    ChosenReplicaset(const ChosenReplicaset&) = delete;
    ChosenReplicaset& operator=(const ChosenReplicaset&) = delete;

private:
    void choose(const std::string& uuid) {
        const std::vector<std::optional<std::string>> values{uuid};
        static_cast<void>(
            postgres_.execute("SELECT set_config('picoxx.chosen_replicaset', $1, false)", {oid::text}, values));
    }

    PgStatements& postgres_;
};

/// What an UPDATE or DELETE calls its table.
const std::string& target_alias(const RewrittenQuery& query) {
    const auto& tokens = query.tokens;
    std::size_t name = query.verb == "delete" ? 2 : 1;
    name += tokens[name + 1].is(".") ? 2 : 0;
    const auto alias = tokens[name + 1].is_word("as") ? name + 2 : name + 1;
    const bool has_alias = tokens[alias].is_name() && !tokens[alias].is_word("set") && !tokens[alias].is_word("where");
    return tokens[has_alias ? alias : name].text;
}

/// The same write, for rows of the chosen replicaset only: nothing is evaluated for the rows of others. An INSERT
/// leaves the rows out by a trigger.
std::string text_for_chosen(const RewrittenQuery& query) {
    const auto& text = query.edited.text;
    if (query.verb == "insert") {
        return text;
    }
    const auto chosen = "picoxx.is_chosen(" + quote_text(query.target().tier) + ", public.bucket_id(" +
                        quote_name(target_alias(query)) + ".*))";
    const auto condition = condition_of(query);
    if (condition.begin == condition.end) {
        return text + " WHERE " + chosen;
    }
    const auto begin = query.edited.places[condition.begin].edited;
    return text.substr(0, begin) + "CASE WHEN " + chosen + " THEN (" + text.substr(begin) + ") ELSE false END";
}

std::uint64_t rows_of(const PgResult& result) {
    const auto text = result.affected();
    std::uint64_t rows = 0;
    std::from_chars(text.data(), text.data() + text.size(), rows);
    return rows;
}

}  // namespace

std::uint64_t WriteExecution::run() {
    const bool sharded = plan_.query->target().sharded();
    if (sharded) {
        if (const auto unheard = shared_.masters.unheard_by(instance_); !unheard.empty()) {
            return run_apart(place(), unheard);
        }
    }
    const auto ran = run_whole();
    if (ran.ok()) {
        return rows_of(ran);
    }
    if (!sharded) {
        throw failure_of(ran.failure(), is_raft_leader() ? ErrorOrigin{} : ErrorOrigin{""});
    }
    const auto placement = place();
    if (placement.is_here(instance_)) {
        throw failure_of(ran.failure(), {});
    }
    return run_apart(placement, {});
}

void WriteExecution::apply(const Placement& placement, std::size_t count) {
    if (count == 0) {
        return;
    }
    if (placement.storages.empty()) {
        static_cast<void>(run_whole());
        return;
    }
    const auto text = text_for_chosen(*plan_.query);
    for (std::size_t i = 0; i < std::min(count, placement.storages.size()); ++i) {
        const ChosenReplicaset chosen{postgres_, placement.storages[i].uuid};
        static_cast<void>(postgres_.execute(text, plan_.postgres_types, bound_.values));
    }
}

std::uint64_t WriteExecution::run_apart(const Placement& placement, const MasterNews::OldMasters& unheard) {
    const auto text = text_for_chosen(*plan_.query);
    std::uint64_t rows = 0;
    std::optional<SqlError> first_failure;
    for (const auto& storage : placement.storages) {
        const auto old_master = unheard.find(storage.uuid);
        const auto& asked = old_master == unheard.end() ? storage.master : old_master->second;
        const bool here = placement.storages.size() == 1 && asked == instance_;
        const auto origin = here ? ErrorOrigin{} : ErrorOrigin{storage.uuid};
        if (old_master != unheard.end()) {
            first_failure = first_failure.value_or(read_only_error(origin));
            continue;
        }
        const ChosenReplicaset chosen{postgres_, storage.uuid};
        const auto ran = postgres_.execute(text, plan_.postgres_types, bound_.values);
        if (ran.ok()) {
            rows += rows_of(ran);
        } else if (!first_failure) {
            first_failure = failure_of(ran.failure(), origin);
        }
    }
    if (first_failure) {
        throw *std::move(first_failure);
    }
    return rows;
}

PgResult WriteExecution::run_whole() {
    return postgres_.execute(plan_.query->edited.text, plan_.postgres_types, bound_.values);
}

SqlError WriteExecution::failure_of(const PgFailure& failure, ErrorOrigin origin) {
    StorageFailure storage{std::move(origin), std::nullopt};
    if (failure.sqlstate == "23505" && plan_.query->insert) {
        storage.duplicates = find_duplicate(postgres_, *plan_.query, plan_.postgres_types, bound_.values);
    }
    return execution_error(failure, *plan_.query, storage);
}

Placement WriteExecution::place() { return placement_of(postgres_, *plan_.query, plan_.postgres_types, bound_.values); }

bool WriteExecution::is_raft_leader() {
    const auto found = postgres_.execute("SELECT leader_name FROM picoxx.raft", {}, {});
    return found.ok() && found.row_count() == 1 && found.value(0, 0) == instance_;
}

}  // namespace picoxx::devcluster
