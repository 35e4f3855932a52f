#include "master_news.hpp"

namespace picoxx::devcluster {

void MasterNews::keep_from(const std::vector<std::string>& nodes, const std::string& replicaset_uuid,
                           const std::string& old_master) {
    const std::lock_guard lock{mutex_};
    for (const auto& node : nodes) {
        unheard_[node].insert_or_assign(replicaset_uuid, old_master);
    }
    any_ = !unheard_.empty();
}

void MasterNews::tell(std::string_view node) {
    const std::lock_guard lock{mutex_};
    if (const auto found = unheard_.find(node); found != unheard_.end()) {
        unheard_.erase(found);
    }
    any_ = !unheard_.empty();
}

MasterNews::OldMasters MasterNews::unheard_by(std::string_view node) const {
    if (!any_) {
        return {};
    }
    const std::lock_guard lock{mutex_};
    const auto found = unheard_.find(node);
    return found == unheard_.end() ? OldMasters{} : found->second;
}

}  // namespace picoxx::devcluster
