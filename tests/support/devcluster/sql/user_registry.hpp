#pragma once

#include "catalog.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <tuple>

namespace picoxx::devcluster {

/// A privilege on one object, or on all objects of a type (no name).
struct Grant {
    std::string privilege;
    std::string object_type;
    std::optional<std::string> object;

    friend bool operator<(const Grant& a, const Grant& b) {
        return std::tie(a.privilege, a.object_type, a.object) < std::tie(b.privilege, b.object_type, b.object);
    }
};

/// Users, roles and what they may do. Thread safety: all functions.
class UserRegistry {
public:
    [[nodiscard]] std::optional<UserRecord> find_user(std::string_view name) const;
    [[nodiscard]] bool has_user(std::string_view name) const;
    [[nodiscard]] bool has_role(std::string_view name) const;
    /// Whether a user may log in and run statements at all.
    [[nodiscard]] bool may_login(std::string_view name) const;

    /// Adds or replaces.
    void put_user(const UserRecord& record);
    void remove(std::string_view name);
    void put_role(std::string_view name);

    void grant(std::string_view grantee, const Grant& grant);
    void revoke(std::string_view grantee, const Grant& grant);
    void grant_role(std::string_view grantee, std::string_view role);
    void revoke_role(std::string_view grantee, std::string_view role);
    /// Forgets or renames what was granted on a dropped or renamed table.
    void forget_object(std::string_view object_type, std::string_view object);
    void rename_object(std::string_view object_type, std::string_view from, std::string_view to);

    /// By a grant on the object or on its whole type, to the user, one of his roles or `public`. admin may do
    /// everything.
    [[nodiscard]] bool allows(std::string_view user, std::string_view privilege, std::string_view object_type,
                              std::string_view object) const;

private:
    struct Principal {
        std::optional<UserRecord> user;  ///< none = a role
        std::set<Grant> grants;
        std::set<std::string, std::less<>> roles;
    };
    [[nodiscard]] bool granted(const Principal& principal, const Grant& one, const Grant& all, int depth) const;

    mutable std::shared_mutex mutex_;
    std::map<std::string, Principal, std::less<>> principals_;
};

}  // namespace picoxx::devcluster
