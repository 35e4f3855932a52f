#include "statement_store.hpp"

#include <utility>

namespace picoxx::devcluster {
namespace {

constexpr const char* internal_error = "XX000";

std::optional<SqlError> check_limit(std::string_view kind, std::string_view parameter, std::uint64_t used,
                                    std::uint64_t limit) {
    if (limit == 0 || used < limit) return std::nullopt;
    return SqlError{internal_error, std::string{kind} +
                                        " storage is full. Current size limit: " + std::to_string(limit) +
                                        ". Please, increase storage limit using: ALTER SYSTEM SET \"" +
                                        std::string{parameter} + "\" TO <new-limit>"};
}

SqlError already_exists(std::string sqlstate, std::string_view kind, const std::string& name, std::uint64_t client_id) {
    return {std::move(sqlstate),
            std::string{kind} + " '" + name + "' for client " + std::to_string(client_id) + " already exists"};
}

SqlError not_found(std::string_view kind, const std::string& name) {
    return {internal_error, "Couldn't find " + std::string{kind} + " '" + name + "'."};
}

}  // namespace

StatementStore::StatementStore(StoreUsage& usage, std::uint64_t client_id) : usage_{usage}, client_id_{client_id} {}

StatementStore::~StatementStore() {
    close_all_statements();
    close_all_portals();
}

std::optional<SqlError> StatementStore::put_statement(Statement statement, StoreLimits limits) {
    if (auto full = check_limit("Statement", "pg_statement_max", usage_.statements, limits.statements)) return full;
    const auto name = statement.name;
    if (statements_.contains(name)) {
        if (!name.empty()) return already_exists("42P05", "Statement", name, client_id_);
        close_statement(name);
    }
    statements_.emplace(name, std::make_shared<const Statement>(std::move(statement)));
    ++usage_.statements;
    return std::nullopt;
}

std::optional<SqlError> StatementStore::put_portal(std::string name, Portal portal, StoreLimits limits) {
    if (auto full = check_limit("Portal", "pg_portal_max", usage_.portals, limits.portals)) return full;
    if (portals_.contains(name)) {
        if (!name.empty()) return already_exists("42P03", "Portal", name, client_id_);
        close_portal(name);
    }
    portals_.emplace(std::move(name), std::make_shared<Portal>(std::move(portal)));
    ++usage_.portals;
    return std::nullopt;
}

SqlResult<std::shared_ptr<const Statement>> StatementStore::statement(const std::string& name) const {
    const auto found = statements_.find(name);
    if (found == statements_.end()) return not_found("statement", name);
    return found->second;
}

SqlResult<std::shared_ptr<Portal>> StatementStore::portal(const std::string& name) const {
    const auto found = portals_.find(name);
    if (found == portals_.end()) return not_found("portal", name);
    return found->second;
}

void StatementStore::close_portals_of(const Statement& statement) {
    usage_.portals -= std::erase_if(portals_,
                                    [&](const auto& entry) { return entry.second->statement.get() == &statement; });
}

void StatementStore::close_statement(const std::string& name) {
    const auto found = statements_.find(name);
    if (found == statements_.end()) return;
    close_portals_of(*found->second);
    statements_.erase(found);
    --usage_.statements;
}

void StatementStore::close_portal(const std::string& name) { usage_.portals -= portals_.erase(name); }

void StatementStore::close_all_statements() {
    while (!statements_.empty()) close_statement(std::string{statements_.begin()->first});
}

void StatementStore::close_all_portals() {
    usage_.portals -= portals_.size();
    portals_.clear();
}

std::optional<SqlError> StatementStore::deallocate(const DeallocateTarget& target) {
    if (!target.name) {
        close_all_statements();
        return std::nullopt;
    }
    if (!statements_.contains(*target.name))
        return SqlError{internal_error, "prepared statement " + *target.name + " does not exist."};
    close_statement(*target.name);
    return std::nullopt;
}

}  // namespace picoxx::devcluster
