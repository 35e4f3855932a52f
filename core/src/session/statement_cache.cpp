#include "session/statement_cache.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace picoxx {
namespace {

std::size_t hash_of(std::string_view sql, std::span<const Parameter> parameters) noexcept {
    std::size_t hash = std::hash<std::string_view>{}(sql);
    for (const Parameter& parameter : parameters) hash = hash * 31 + parameter.type;
    return hash;
}

bool is_same(const StatementCache::Entry& entry, std::string_view sql, std::span<const Parameter> parameters) noexcept {
    return entry.sql == sql && std::equal(parameters.begin(), parameters.end(), entry.types.begin(), entry.types.end(),
                                          [](const Parameter& parameter, Oid type) { return parameter.type == type; });
}

}  // namespace

StatementCache::Plan StatementCache::use(std::string_view sql, std::span<const Parameter> parameters) {
    if (capacity_ == 0) return {};
    if (!entries_.empty() && is_same(entries_.front(), sql, parameters)) return plan_again(entries_.front());
    const std::size_t hash = hash_of(sql, parameters);
    const auto found = find(hash, sql, parameters);
    if (found != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, found);
        return plan_again(*found);
    }

    Plan plan;
    if (entries_.size() == capacity_) {
        const auto oldest = std::prev(entries_.end());
        if (!oldest->name.empty()) plan.evicted = oldest->name;
        erase(oldest);
    }
    Entry entry{std::string{sql}, {}, {}, statement_kind(sql), hash};
    entry.types.reserve(parameters.size());
    for (const Parameter& parameter : parameters) entry.types.push_back(parameter.type);
    entries_.push_front(std::move(entry));
    by_hash_.emplace(hash, entries_.begin());
    plan.entry = &entries_.front();
    return plan;
}

StatementCache::Plan StatementCache::plan_again(Entry& entry) {
    if (!entry.name.empty()) return {Plan::Kind::execute_name, &entry, std::nullopt};
    entry.name = "picoxx_" + std::to_string(++names_given_);
    ++prepared_;
    return {Plan::Kind::prepare, &entry, std::nullopt};
}

std::string StatementCache::forget(Entry& entry) {
    std::string name = std::move(entry.name);
    if (!name.empty()) --prepared_;
    entry.name.clear();
    auto [first, last] = by_hash_.equal_range(entry.hash);
    const auto found = std::find_if(first, last, [&](const auto& row) { return &*row.second == &entry; });
    erase(found->second);
    return name;
}

StatementCache::Entries::iterator StatementCache::find(std::size_t hash, std::string_view sql,
                                                       std::span<const Parameter> parameters) {
    auto [first, last] = by_hash_.equal_range(hash);
    for (; first != last; ++first) {
        if (is_same(*first->second, sql, parameters)) return first->second;
    }
    return entries_.end();
}

void StatementCache::erase(Entries::iterator entry) {
    auto [first, last] = by_hash_.equal_range(entry->hash);
    for (; first != last; ++first) {
        if (first->second == entry) {
            by_hash_.erase(first);
            break;
        }
    }
    if (!entry->name.empty()) --prepared_;
    entries_.erase(entry);
}

}  // namespace picoxx
