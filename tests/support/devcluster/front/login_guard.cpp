#include "login_guard.hpp"

namespace picoxx::devcluster {

LoginGuard::Failures& LoginGuard::of(std::string_view user, std::uint64_t epoch) {
    auto& failures = failures_[std::string{user}];
    if (failures.epoch != epoch) failures = {epoch, 0};
    return failures;
}

bool LoginGuard::is_locked(std::string_view user, std::uint64_t epoch, std::uint64_t limit) {
    const std::lock_guard lock{mutex_};
    return limit > 0 && of(user, epoch).count >= limit;
}

void LoginGuard::failed(std::string_view user, std::uint64_t epoch) {
    const std::lock_guard lock{mutex_};
    ++of(user, epoch).count;
}

void LoginGuard::succeeded(std::string_view user) {
    const std::lock_guard lock{mutex_};
    if (const auto found = failures_.find(user); found != failures_.end()) failures_.erase(found);
}

void LoginGuard::forget_all() {
    const std::lock_guard lock{mutex_};
    failures_.clear();
}

}  // namespace picoxx::devcluster
