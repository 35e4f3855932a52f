#pragma once

#include "catalog_shared.hpp"
#include "pg_statements.hpp"
#include "sql_engine.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace picoxx::devcluster {

/// What an engine keeps between statements.
struct SqlEngine::State {
    explicit State(Catalog& of) : catalog{of} {}

    /// This session's statements in the private PostgreSQL; the connection is opened when it is first needed.
    PgStatements& postgres(const SessionSettings& settings) {
        if (!connection) {
            connection.emplace(catalog.postgres());
            static_cast<void>(connection->run("SET picoxx.instance_uuid = " + quote_text(settings.instance_uuid)));
            statements.emplace(*connection);
        }
        return *statements;
    }

    Catalog& catalog;
    std::optional<PgConnection> connection;
    std::optional<PgStatements> statements;
};

}  // namespace picoxx::devcluster
