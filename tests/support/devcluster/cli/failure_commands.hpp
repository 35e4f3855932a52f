#pragma once

#include "arguments.hpp"

#include <picoxx/testing/dev_cluster.hpp>

namespace picoxx::devcluster {

/// NODE [form=...] [applied=N|all] [sqlstate=...] [times=N] [containing=WORD] [stage=...] TEXT
void fail_next(testing::DevCluster& cluster, Arguments& arguments);
/// NODE [form=...] [applied=N|all]
void stale_statements(testing::DevCluster& cluster, Arguments& arguments);
/// NODE [unheard]
void switch_master(testing::DevCluster& cluster, Arguments& arguments);

}  // namespace picoxx::devcluster
