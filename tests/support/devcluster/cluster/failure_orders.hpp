#pragma once

#include "front/failure_script.hpp"

#include <picoxx/testing/dev_cluster.hpp>

namespace picoxx::devcluster {

/// A test's order in the words of the node that carries it out.
[[nodiscard]] PlannedFailure planned(testing::FailNext failure);
[[nodiscard]] Staleness staleness_of(const testing::DevStaleness& staleness);

}  // namespace picoxx::devcluster
