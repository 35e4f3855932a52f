#include "pg_statements.hpp"

#include <iterator>
#include <utility>

namespace picoxx::devcluster {
namespace {

std::string key_of(const std::string& sql, const std::vector<std::uint32_t>& types) {
    std::string key = sql;
    for (const auto type : types) {
        key += '\x1f' + std::to_string(type);
    }
    return key;
}

}  // namespace

std::optional<PgResult> PgStatements::ensure(const std::string& sql, const std::vector<std::uint32_t>& types) {
    auto key = key_of(sql, types);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return std::nullopt;
    }
    auto name = "s" + std::to_string(++serial_);
    auto prepared = connection_.prepare(name, sql, types);
    if (!prepared.ok()) {
        return prepared;
    }
    entries_.push_front({std::move(key), std::move(name)});
    by_key_.emplace(entries_.front().key, entries_.begin());
    if (entries_.size() > most) {
        forget(std::prev(entries_.end()));
    }
    return std::nullopt;
}

void PgStatements::forget(std::list<Entry>::iterator entry) {
    static_cast<void>(connection_.run("DEALLOCATE " + entry->name));
    by_key_.erase(entry->key);
    entries_.erase(entry);
}

PgResult PgStatements::describe(const std::string& sql, const std::vector<std::uint32_t>& types) {
    if (auto refused = ensure(sql, types)) {
        return *std::move(refused);
    }
    auto described = connection_.describe(entries_.front().name);
    if (!described.ok()) {  // a table has changed under the plan
        forget(entries_.begin());
        if (auto refused = ensure(sql, types)) {
            return *std::move(refused);
        }
        described = connection_.describe(entries_.front().name);
    }
    return described;
}

PgResult PgStatements::execute(const std::string& sql, const std::vector<std::uint32_t>& types,
                               std::span<const std::optional<std::string>> values) {
    if (auto refused = ensure(sql, types)) {
        return *std::move(refused);
    }
    auto result = connection_.execute(entries_.front().name, values);
    // "cached plan must not change result type": a table has changed under the plan; nothing was executed.
    if (!result.ok() && result.failure().sqlstate == "0A000") {
        forget(entries_.begin());
        if (auto refused = ensure(sql, types)) {
            return *std::move(refused);
        }
        result = connection_.execute(entries_.front().name, values);
    }
    return result;
}

}  // namespace picoxx::devcluster
