#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::devcluster {

/// Which nodes still take the old master of a replicaset for its master. Thread safety: all functions.
class MasterNews {
public:
    using OldMasters = std::map<std::string, std::string>;

    /// From now on `nodes` send writes for the replicaset to `old_master`, which no longer is its master.
    void keep_from(const std::vector<std::string>& nodes, const std::string& replicaset_uuid,
                   const std::string& old_master);
    void tell(std::string_view node);
    /// The replicasets whose master `node` has wrong, by uuid, and whom it takes for it.
    [[nodiscard]] OldMasters unheard_by(std::string_view node) const;

private:
    std::atomic<bool> any_{false};  ///< so that a write does not lock where there is no news
    mutable std::mutex mutex_;
    std::map<std::string, OldMasters, std::less<>> unheard_;
};

}  // namespace picoxx::devcluster
