#pragma once

#include <picoxx/port/endpoint.hpp>

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace picoxx {

/// Which users may not read all system tables, and at which nodes. Thread safety: any.
class DeniedUsers {
public:
    /// Throws std::bad_alloc.
    void add(const Endpoint& node, std::string_view user) {
        const std::lock_guard lock{mutex_};
        users_.emplace(to_string(node), user);
    }
    /// Throws std::bad_alloc.
    [[nodiscard]] bool contains(const Endpoint& node, std::string_view user) const {
        const std::lock_guard lock{mutex_};
        return users_.count({to_string(node), std::string{user}}) != 0;
    }

private:
    mutable std::mutex mutex_;
    std::set<std::pair<std::string, std::string>> users_;
};

}  // namespace picoxx
