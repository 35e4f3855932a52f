#include "prepared/statement_cache.hpp"

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

}  // namespace

StatementCache::Plan StatementCache::use(std::string_view sql, std::span<const Parameter> parameters) {
    if (capacity_ == 0) return {};
    const std::size_t hash = hash_of(sql, parameters);
    const auto found = find(hash, sql, parameters);
    if (found != entries_.end()) {
        if (found != entries_.begin()) entries_.splice(entries_.begin(), entries_, found);
        if (!found->name.empty()) return {Plan::Kind::execute_name, found->name, std::nullopt};
        found->name = "picoxx_" + std::to_string(++names_given_);
        ++prepared_;
        return {Plan::Kind::prepare, found->name, std::nullopt};
    }

    Plan plan;
    if (entries_.size() == capacity_) {
        const auto oldest = std::prev(entries_.end());
        if (!oldest->name.empty()) plan.evicted = oldest->name;
        erase(oldest);
    }
    Entry entry{hash, std::string{sql}, {}, {}};
    entry.types.reserve(parameters.size());
    for (const Parameter& parameter : parameters) entry.types.push_back(parameter.type);
    entries_.push_front(std::move(entry));
    by_hash_.emplace(hash, entries_.begin());
    return plan;
}

std::optional<std::string> StatementCache::forget(std::string_view sql, std::span<const Parameter> parameters) {
    const auto found = find(hash_of(sql, parameters), sql, parameters);
    if (found == entries_.end()) return std::nullopt;
    std::optional<std::string> name;
    if (!found->name.empty()) name = found->name;
    erase(found);
    return name;
}

StatementCache::Entries::iterator StatementCache::find(std::size_t hash, std::string_view sql,
                                                       std::span<const Parameter> parameters) {
    auto [first, last] = by_hash_.equal_range(hash);
    for (; first != last; ++first) {
        const Entry& entry = *first->second;
        const bool same_types = std::equal(parameters.begin(), parameters.end(), entry.types.begin(), entry.types.end(),
                                           [](const Parameter& parameter, Oid type) { return parameter.type == type; });
        if (entry.sql == sql && same_types) return first->second;
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
