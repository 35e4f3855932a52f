#pragma once

#include "sql/statement_kind.hpp"

#include <picoxx/port/command.hpp>
#include <picoxx/port/oid.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace picoxx {

/// Which statements one session has prepared: bounded, least recently used first to go. Keyed by SQL and parameter types.
/// A statement is prepared when it comes the second time: what runs once never takes a place in the server's store, which all
/// clients of a node share.
class StatementCache {
public:
    /// A statement that was seen. Lifetime: until it is forgotten or evicted, not before the second `use` after the one that gave it.
    struct Entry {
        std::string sql;
        std::vector<Oid> types;
        std::string name;  ///< On the server; empty while it is not prepared.
        StatementKind kind;
        std::size_t hash;
    };

    /// What to do for one execution.
    struct Plan {
        enum class Kind : std::uint8_t {
            execute_text,  ///< Parse and execute in one go.
            prepare,       ///< Prepare under the entry's name, then execute that.
            execute_name,  ///< Execute the entry's name.
        };
        Kind kind = Kind::execute_text;
        Entry* entry = nullptr;              ///< Null where the cache is off.
        std::optional<std::string> evicted;  ///< A statement to close on the server first.
    };

    /// `capacity` 0 switches the cache off.
    explicit StatementCache(std::size_t capacity) : capacity_{capacity} {}

    /// Decides, and counts on the decision being carried out; `forget` where it was not. No allocation for `execute_name`.
    [[nodiscard]] Plan use(std::string_view sql, std::span<const Parameter> parameters);
    /// The server does not have the statement (any more): the next use starts anew. Answers the name it had, to be closed.
    std::string forget(Entry& entry);

    /// Statements that take a place on the server.
    [[nodiscard]] std::size_t prepared() const noexcept { return prepared_; }

private:
    using Entries = std::list<Entry>;  // most recently used first

    [[nodiscard]] Entries::iterator find(std::size_t hash, std::string_view sql, std::span<const Parameter> parameters);
    [[nodiscard]] Plan plan_again(Entry& entry);
    void erase(Entries::iterator entry);

    std::size_t capacity_;
    std::uint64_t names_given_ = 0;
    std::size_t prepared_ = 0;
    Entries entries_;
    std::unordered_multimap<std::size_t, Entries::iterator> by_hash_;
};

}  // namespace picoxx
