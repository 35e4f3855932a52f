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

/// Which statements one session has prepared: bounded in number and bytes, least recently used first to go. Keyed by
/// SQL and parameter types. A statement is prepared when it comes the second time: what runs once never takes a place
/// in the server's store, which all clients of a node share, and leaves only a hash here. (Two statements with one
/// hash: the second is prepared at its first use.)
class StatementCache {
public:
    /// A statement that is prepared. Lifetime: until it is forgotten, or evicted by a later `use` or `take_oldest`.
    struct Entry {
        std::string sql;
        std::vector<Oid> types;
        std::string name;  ///< On the server.
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
        Entry* entry = nullptr;  ///< Null for execute_text.
    };

    /// In bytes of SQL and parameter types: what is larger is executed as text each time, and not kept. That holds for
    /// every statement with more than 7498 parameters, whose description libpq 15 takes for a broken stream and libpq
    /// 17 awaits for ever.
    static constexpr std::size_t largest_statement = 64U * 1024U;
    static constexpr std::size_t default_bytes = 1024U * 1024U;

    /// At most `capacity` statements with `bytes` bytes of SQL and parameter types in all. `capacity` 0 switches the
    /// cache off.
    explicit StatementCache(std::size_t capacity, std::size_t bytes = default_bytes)
        : capacity_{capacity}, byte_limit_{bytes} {}

    /// Decides, and counts on the decision being carried out; `forget` where it was not. What it evicts is
    /// `next_to_close`. Cost: for `execute_name` no allocation, and no hash for the statement that was used last; for
    /// `execute_text` O(capacity) words are compared.
    [[nodiscard]] Plan use(std::string_view sql, std::span<const Parameter> parameters);

    /// The server does not have the statement (any more): the next use starts anew.
    /// @return the name it had, for `close_later` where the server may still keep something under it
    std::string forget(Entry& entry);

    /// Makes room in the server's store where that is full: drops the statement that was not used for longest.
    /// @return its name, to be closed; nothing where none is prepared
    [[nodiscard]] std::optional<std::string> take_oldest();

    /// The next of the names that have been evicted and are to be closed on the server, before anything is prepared.
    [[nodiscard]] std::optional<std::string> next_to_close();
    [[nodiscard]] bool has_to_close() const noexcept { return !to_close_.empty(); }
    void close_later(std::string name) { to_close_.push_back(std::move(name)); }

    /// Statements that take a place on the server; what is to be closed does not count.
    [[nodiscard]] std::size_t prepared() const noexcept { return entries_.size(); }
    /// Of SQL and parameter types that are kept.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    using Entries = std::list<Entry>;  // most recently used first

    [[nodiscard]] Entries::iterator find(std::size_t hash, std::string_view sql, std::span<const Parameter> parameters);
    [[nodiscard]] Entry& add(std::size_t hash, std::string_view sql, std::span<const Parameter> parameters);
    [[nodiscard]] bool was_seen(std::size_t hash);
    [[nodiscard]] std::string erase(Entries::iterator entry);

    std::size_t capacity_;
    std::size_t byte_limit_;
    std::size_t bytes_ = 0;
    std::uint64_t names_given_ = 0;
    Entries entries_;
    std::unordered_multimap<std::size_t, Entries::iterator> by_hash_;
    std::vector<std::size_t> seen_;  // hashes of statements that ran once; the oldest is overwritten
    std::size_t oldest_seen_ = 0;
    std::vector<std::string> to_close_;
};

}  // namespace picoxx
