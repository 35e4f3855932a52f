#pragma once

#include "failure_script.hpp"
#include "fault_gate.hpp"
#include "login_guard.hpp"
#include "sql/catalog.hpp"
#include "statement_store.hpp"
#include "wire/tls_context.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace picoxx::devcluster {

enum class TlsDemand { off, on };

struct InstanceCounters {
    std::atomic<std::uint64_t> connections{0};  ///< accepted
    std::atomic<std::uint64_t> sessions{0};     ///< open now
    std::atomic<std::uint64_t> logins{0};       ///< authenticated
    std::atomic<std::uint64_t> failed_logins{0};
    std::atomic<std::uint64_t> parses{0};      ///< Parse messages and simple queries
    std::atomic<std::uint64_t> statements{0};  ///< begun; empty ones are not counted
    std::atomic<std::uint64_t> at_owner{0};    ///< over rows of one replicaset whose master this is
    std::atomic<std::uint64_t> forwarded{0};   ///< over rows of another one
};

/// What all sessions of one instance share.
struct Instance {
    Instance(std::string instance_name, Catalog& shared_catalog, const TlsContext& shared_tls)
        : name{std::move(instance_name)}, catalog{shared_catalog}, tls{shared_tls} {}

    std::string name;
    std::string uuid;
    Catalog& catalog;
    const TlsContext& tls;

    FaultGate gate;
    FailureScript script;
    LoginGuard logins;
    StoreUsage store;
    InstanceCounters counters;
    bool counts_owners = false;  ///< before it listens
    std::atomic<TlsDemand> tls_demand{TlsDemand::off};
    std::atomic<std::uint64_t> next_client_id{0};

    [[nodiscard]] StoreLimits store_limits() const { return {catalog.statement_max(), catalog.portal_max()}; }
};

}  // namespace picoxx::devcluster
