#pragma once

#include "catalog_shared.hpp"
#include "error_texts.hpp"
#include "placement.hpp"
#include "sql_engine.hpp"
#include "statement_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace picoxx::devcluster {

/// One execution of an INSERT, UPDATE or DELETE. Picodata applies a write to each replicaset in a transaction of its
/// own, so that the parts can fail apart. Here all are tried at once, which gives the same if it succeeds; only a
/// failure undoes that and takes the parts one by one, in the order of the replicasets' names. A global table is all or
/// nothing.
class WriteExecution {
public:
    WriteExecution(PgStatements& postgres, const Catalog::Shared& shared, const std::string& instance,
                   const StatementPlan& plan, const Bound& bound)
        : postgres_{postgres}, shared_{shared}, instance_{instance}, plan_{plan}, bound_{bound} {}

    /// Number of rows changed. @throw SqlError of the first replicaset that refused; the parts of the others are
    /// applied.
    [[nodiscard]] std::uint64_t run();

    /// Applies the parts of the first `count` replicasets of `placement`; of a global table everything, unless `count`
    /// is 0. What a part would answer is not told.
    void apply(const Placement& placement, std::size_t count);

private:
    [[nodiscard]] std::uint64_t run_apart(const Placement& placement, const MasterNews::OldMasters& unheard);
    [[nodiscard]] PgResult run_whole();
    [[nodiscard]] SqlError failure_of(const PgFailure& failure, ErrorOrigin origin);
    [[nodiscard]] Placement place();
    [[nodiscard]] bool is_raft_leader();

    PgStatements& postgres_;
    const Catalog::Shared& shared_;
    const std::string& instance_;
    const StatementPlan& plan_;
    const Bound& bound_;
};

}  // namespace picoxx::devcluster
