#pragma once

#include "pg_connection.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace picoxx::devcluster {

/// The statements a session keeps prepared in the private PostgreSQL, by text and parameter types; the least recently used
/// one goes when there are too many. One thread at a time.
class PgStatements {
public:
    explicit PgStatements(PgConnection& connection) : connection_{connection} {}

    /// Parameter and column types. @return the refusal of PostgreSQL, if it refuses.
    [[nodiscard]] PgResult describe(const std::string& sql, const std::vector<std::uint32_t>& types);
    [[nodiscard]] PgResult execute(const std::string& sql, const std::vector<std::uint32_t>& types,
                                   std::span<const std::optional<std::string>> values);

private:
    struct Entry {
        std::string key;
        std::string name;
    };
    /// Prepares unless it is; none on success.
    [[nodiscard]] std::optional<PgResult> ensure(const std::string& sql, const std::vector<std::uint32_t>& types);
    void forget(std::list<Entry>::iterator entry);

    static constexpr std::size_t most = 64;
    PgConnection& connection_;
    std::list<Entry> entries_;  ///< most recently used first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
    std::size_t serial_ = 0;
};

}  // namespace picoxx::devcluster
