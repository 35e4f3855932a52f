#pragma once

#include "catalog.hpp"
#include "ddl_turn.hpp"
#include "master_news.hpp"
#include "pg_connection.hpp"
#include "system_parameters.hpp"
#include "table_registry.hpp"
#include "user_registry.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace picoxx::devcluster {

using PgParameters = std::vector<std::optional<std::string>>;

/// What all sessions of the cluster share.
struct Catalog::Shared {
    explicit Shared(PostgresAddress postgres_address) : address{std::move(postgres_address)} {}

    /// Runs on the catalog's own connection, one caller at a time.
    /// @throw std::runtime_error if PostgreSQL refuses.
    PgResult admin(const std::string& sql, const PgParameters& parameters = {});

    PostgresAddress address;
    DdlTurn ddl;  ///< one DDL at a time in the whole cluster
    TableRegistry tables;
    UserRegistry users;
    SystemParameters parameters;
    MasterNews masters;

private:
    std::mutex admin_mutex_;
    std::optional<PgConnection> admin_connection_;
};

}  // namespace picoxx::devcluster
