#include "failure_script.hpp"

#include <algorithm>
#include <utility>

namespace picoxx::devcluster {

void FailureScript::add(PlannedFailure failure) {
    if (failure.times == 0) return;
    const std::lock_guard lock{mutex_};
    planned_.push_back(std::move(failure));
    any_planned_ = true;
}

void FailureScript::make_stale(Staleness staleness) {
    const std::lock_guard lock{mutex_};
    staleness_ = std::move(staleness);
    ++now_;
}

void FailureScript::clear() {
    const std::lock_guard lock{mutex_};
    planned_.clear();
    any_planned_ = false;
    staleness_.reset();
}

std::optional<ScriptedFailure> FailureScript::take(FailureStage stage, std::string_view statement) {
    if (!any_planned_) return std::nullopt;
    const std::lock_guard lock{mutex_};
    const auto found = std::find_if(planned_.begin(), planned_.end(), [&](const PlannedFailure& one) {
        return one.stage == stage && statement.find(one.containing) != std::string_view::npos;
    });
    if (found == planned_.end()) return std::nullopt;
    auto failure = found->failure;
    if (--found->times == 0) planned_.erase(found);
    any_planned_ = !planned_.empty();
    return failure;
}

std::optional<Staleness> FailureScript::stale(std::uint64_t moment) const {
    if (moment == now_) return std::nullopt;
    const std::lock_guard lock{mutex_};
    return staleness_;
}

}  // namespace picoxx::devcluster
