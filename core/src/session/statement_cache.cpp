#include "session/statement_cache.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace picoxx {
namespace {

// A hash that no statement has.
constexpr std::size_t no_hash = 0;

std::size_t hash_of(std::string_view sql, std::span<const Parameter> parameters) noexcept {
    std::size_t hash = std::hash<std::string_view>{}(sql);
    for (const Parameter& parameter : parameters) hash = hash * 31 + parameter.type;
    return hash == no_hash ? 1 : hash;
}

bool is_same(const StatementCache::Entry& entry, std::string_view sql, std::span<const Parameter> parameters) noexcept {
    return entry.sql == sql && std::equal(parameters.begin(), parameters.end(), entry.types.begin(), entry.types.end(),
                                          [](const Parameter& parameter, Oid type) { return parameter.type == type; });
}

std::size_t size_of(std::string_view sql, std::size_t parameter_count) noexcept {
    return sql.size() + parameter_count * sizeof(Oid);
}

}  // namespace

StatementCache::Plan StatementCache::use(std::string_view sql, std::span<const Parameter> parameters) {
    if (!entries_.empty() && is_same(entries_.front(), sql, parameters)) {
        return {Plan::Kind::execute_name, &entries_.front()};
    }
    const std::size_t size = size_of(sql, parameters.size());
    if (capacity_ == 0 || size > std::min(largest_statement, byte_limit_)) return {};
    const std::size_t hash = hash_of(sql, parameters);
    const auto found = find(hash, sql, parameters);
    if (found != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, found);
        return {Plan::Kind::execute_name, &*found};
    }
    if (!was_seen(hash)) return {};
    while (entries_.size() >= capacity_ || bytes_ + size > byte_limit_) close_later(erase(std::prev(entries_.end())));
    return {Plan::Kind::prepare, &add(hash, sql, parameters)};
}

StatementCache::Entry& StatementCache::add(std::size_t hash, std::string_view sql,
                                           std::span<const Parameter> parameters) {
    Entry entry{std::string{sql}, {}, "picoxx_" + std::to_string(++names_given_), statement_kind(sql), hash};
    entry.types.reserve(parameters.size());
    for (const Parameter& parameter : parameters) entry.types.push_back(parameter.type);
    entries_.push_front(std::move(entry));
    by_hash_.emplace(hash, entries_.begin());
    bytes_ += size_of(sql, parameters.size());
    return entries_.front();
}

// Whether it ran before. If so, it is no longer one of those that ran once.
bool StatementCache::was_seen(std::size_t hash) {
    const auto found = std::find(seen_.begin(), seen_.end(), hash);
    if (found != seen_.end()) {
        *found = no_hash;
        return true;
    }
    if (seen_.size() < capacity_) {
        seen_.push_back(hash);
    } else {
        seen_[oldest_seen_] = hash;
        oldest_seen_ = (oldest_seen_ + 1) % capacity_;
    }
    return false;
}

std::string StatementCache::forget(Entry& entry) {
    const auto [first, last] = by_hash_.equal_range(entry.hash);
    return erase(std::find_if(first, last, [&](const auto& row) { return &*row.second == &entry; })->second);
}

std::optional<std::string> StatementCache::take_oldest() {
    if (entries_.empty()) return std::nullopt;
    return erase(std::prev(entries_.end()));
}

std::optional<std::string> StatementCache::next_to_close() {
    if (to_close_.empty()) return std::nullopt;
    std::string name = std::move(to_close_.back());
    to_close_.pop_back();
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

std::string StatementCache::erase(Entries::iterator entry) {
    auto [first, last] = by_hash_.equal_range(entry->hash);
    by_hash_.erase(std::find_if(first, last, [&](const auto& row) { return row.second == entry; }));
    bytes_ -= size_of(entry->sql, entry->types.size());
    std::string name = std::move(entry->name);
    entries_.erase(entry);
    return name;
}

}  // namespace picoxx
