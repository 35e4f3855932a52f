#pragma once

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
    /// What to do for one execution.
    struct Plan {
        enum class Kind : std::uint8_t {
            execute_text,  ///< Parse and execute in one go.
            prepare,       ///< Prepare under `name`, then execute it.
            execute_name,  ///< Execute `name`.
        };
        Kind kind = Kind::execute_text;
        CStringView name;                    ///< Lifetime: until the next call.
        std::optional<std::string> evicted;  ///< A statement to close on the server first.
    };

    /// `capacity` 0 switches the cache off.
    explicit StatementCache(std::size_t capacity) : capacity_{capacity} {}

    /// Decides, and counts on the decision being carried out; `forget` where it was not. No allocation for `execute_name`.
    [[nodiscard]] Plan use(std::string_view sql, std::span<const Parameter> parameters);
    /// The server does not have the statement (any more): the next use starts anew. Answers the name it had, to be closed.
    std::optional<std::string> forget(std::string_view sql, std::span<const Parameter> parameters);

    /// Statements that take a place on the server.
    [[nodiscard]] std::size_t prepared() const noexcept { return prepared_; }

private:
    struct Entry {
        std::size_t hash;
        std::string sql;
        std::vector<Oid> types;
        std::string name;  // empty: seen once, not prepared
    };
    using Entries = std::list<Entry>;  // most recently used first

    [[nodiscard]] Entries::iterator find(std::size_t hash, std::string_view sql, std::span<const Parameter> parameters);
    void erase(Entries::iterator entry);

    std::size_t capacity_;
    std::uint64_t names_given_ = 0;
    std::size_t prepared_ = 0;
    Entries entries_;
    std::unordered_multimap<std::size_t, Entries::iterator> by_hash_;
};

}  // namespace picoxx
