#include "user_registry.hpp"

#include <mutex>
#include <vector>

namespace picoxx::devcluster {

std::optional<UserRecord> UserRegistry::find_user(std::string_view name) const {
    const std::shared_lock lock{mutex_};
    const auto found = principals_.find(name);
    return found == principals_.end() ? std::nullopt : found->second.user;
}

bool UserRegistry::has_user(std::string_view name) const { return find_user(name).has_value(); }

bool UserRegistry::has_role(std::string_view name) const {
    const std::shared_lock lock{mutex_};
    const auto found = principals_.find(name);
    return found != principals_.end() && !found->second.user;
}

bool UserRegistry::may_login(std::string_view name) const {
    const auto user = find_user(name);
    return user && user->may_login;
}

void UserRegistry::put_user(const UserRecord& record) {
    const std::unique_lock lock{mutex_};
    principals_[record.name].user = record;
}

void UserRegistry::remove(std::string_view name) {
    const std::unique_lock lock{mutex_};
    if (const auto found = principals_.find(name); found != principals_.end()) {
        principals_.erase(found);
    }
    for (auto& [key, principal] : principals_) {
        if (const auto role = principal.roles.find(name); role != principal.roles.end()) {
            principal.roles.erase(role);
        }
    }
}

void UserRegistry::put_role(std::string_view name) {
    const std::unique_lock lock{mutex_};
    principals_.try_emplace(std::string{name});
}

void UserRegistry::grant(std::string_view grantee, const Grant& grant) {
    const std::unique_lock lock{mutex_};
    if (const auto found = principals_.find(grantee); found != principals_.end()) {
        found->second.grants.insert(grant);
    }
}

void UserRegistry::revoke(std::string_view grantee, const Grant& grant) {
    const std::unique_lock lock{mutex_};
    if (const auto found = principals_.find(grantee); found != principals_.end()) {
        found->second.grants.erase(grant);
    }
}

void UserRegistry::grant_role(std::string_view grantee, std::string_view role) {
    const std::unique_lock lock{mutex_};
    if (const auto found = principals_.find(grantee); found != principals_.end()) {
        found->second.roles.emplace(role);
    }
}

void UserRegistry::revoke_role(std::string_view grantee, std::string_view role) {
    const std::unique_lock lock{mutex_};
    const auto found = principals_.find(grantee);
    if (found == principals_.end()) {
        return;
    }
    if (const auto held = found->second.roles.find(role); held != found->second.roles.end()) {
        found->second.roles.erase(held);
    }
}

void UserRegistry::forget_object(std::string_view object_type, std::string_view object) {
    const std::unique_lock lock{mutex_};
    for (auto& [name, principal] : principals_) {
        std::erase_if(principal.grants,
                      [&](const Grant& g) { return g.object_type == object_type && g.object && *g.object == object; });
    }
}

void UserRegistry::rename_object(std::string_view object_type, std::string_view from, std::string_view to) {
    const std::unique_lock lock{mutex_};
    for (auto& [name, principal] : principals_) {
        std::set<Grant> renamed;
        for (auto grant : principal.grants) {
            if (grant.object_type == object_type && grant.object && *grant.object == from) {
                grant.object = std::string{to};
            }
            renamed.insert(std::move(grant));
        }
        principal.grants = std::move(renamed);
    }
}

bool UserRegistry::allows(std::string_view user, std::string_view privilege, std::string_view object_type,
                          std::string_view object) const {
    if (user == "admin") {
        return true;
    }
    const Grant one{std::string{privilege}, std::string{object_type}, std::string{object}};
    const Grant all{std::string{privilege}, std::string{object_type}, std::nullopt};
    const std::shared_lock lock{mutex_};
    for (const auto principal : {user, std::string_view{"public"}}) {
        const auto found = principals_.find(principal);
        if (found != principals_.end() && granted(found->second, one, all, 0)) {
            return true;
        }
    }
    return false;
}

bool UserRegistry::granted(const Principal& principal, const Grant& one, const Grant& all, int depth) const {
    if (principal.grants.count(one) != 0 || principal.grants.count(all) != 0) {
        return true;
    }
    constexpr int deepest = 16;
    if (depth == deepest) {
        return false;
    }
    for (const auto& role : principal.roles) {
        if (role == "super") {
            return true;
        }
        const auto found = principals_.find(role);
        if (found != principals_.end() && granted(found->second, one, all, depth + 1)) {
            return true;
        }
    }
    return false;
}

}  // namespace picoxx::devcluster
