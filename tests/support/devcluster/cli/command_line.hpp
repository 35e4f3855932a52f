#pragma once

#include <picoxx/testing/dev_cluster.hpp>

#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// One line of JSON: where the cluster is.
[[nodiscard]] std::string describe_cluster(const testing::DevCluster& cluster);

/// Runs one line of text (`kill i2`, `stats`, `help`, ...) and gives one line of JSON:
/// `{"ok": true, ...}` or `{"ok": false, "error": "..."}`.
[[nodiscard]] std::string run_command(testing::DevCluster& cluster, std::string_view line);

}  // namespace picoxx::devcluster
