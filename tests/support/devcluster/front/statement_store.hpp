#pragma once

#include "sql/sql_engine.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::devcluster {

/// Statements and portals that all sessions of one instance hold: what the store limits are about.
struct StoreUsage {
    std::atomic<std::uint64_t> statements{0};
    std::atomic<std::uint64_t> portals{0};
};

struct StoreLimits {
    std::uint64_t statements = 0;  ///< 0 = unlimited
    std::uint64_t portals = 0;
};

struct Statement {
    std::string name;
    Prepared prepared;
    std::uint64_t parsed_at = 0;  ///< FailureScript::now()
};

enum class PortalState { not_started, streaming_rows, done, errored };

struct Portal {
    std::shared_ptr<const Statement> statement;
    Bound bound;
    std::vector<std::int16_t> formats;  ///< one per column
    PortalState state = PortalState::not_started;
    ResultSet result;
    std::size_t next_row = 0;
};

/// The statements and portals of one session, by Picodata's rules: unnamed ones are replaced, named ones are not, a
/// statement takes its portals with it, and the instance's limit is looked at before anything else.
class StatementStore {
public:
    StatementStore(StoreUsage& usage, std::uint64_t client_id);
    ~StatementStore();
    StatementStore(const StatementStore&) = delete;
    StatementStore& operator=(const StatementStore&) = delete;

    [[nodiscard]] std::optional<SqlError> put_statement(Statement statement, StoreLimits limits);
    [[nodiscard]] std::optional<SqlError> put_portal(std::string name, Portal portal, StoreLimits limits);
    [[nodiscard]] SqlResult<std::shared_ptr<const Statement>> statement(const std::string& name) const;
    [[nodiscard]] SqlResult<std::shared_ptr<Portal>> portal(const std::string& name) const;

    /// Closing what is not there is no error.
    void close_statement(const std::string& name);
    void close_portal(const std::string& name);
    void close_all_statements();
    void close_all_portals();

    [[nodiscard]] std::optional<SqlError> deallocate(const DeallocateTarget& target);

private:
    void close_portals_of(const Statement& statement);

    StoreUsage& usage_;
    const std::uint64_t client_id_;
    std::map<std::string, std::shared_ptr<const Statement>, std::less<>> statements_;
    std::map<std::string, std::shared_ptr<Portal>, std::less<>> portals_;
};

}  // namespace picoxx::devcluster
