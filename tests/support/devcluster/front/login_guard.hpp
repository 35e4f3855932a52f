#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// Counts failed logins in a row, per user, on one instance. A restart of the instance forgets them.
/// Thread safety: all functions may be called from any thread.
class LoginGuard {
public:
    /// @param epoch the user's login epoch: failures of an older one are void.
    /// @param limit failures in a row that lock; 0 = never.
    [[nodiscard]] bool is_locked(std::string_view user, std::uint64_t epoch, std::uint64_t limit);
    void failed(std::string_view user, std::uint64_t epoch);
    void succeeded(std::string_view user);
    void forget_all();

private:
    struct Failures {
        std::uint64_t epoch = 0;
        std::uint64_t count = 0;
    };
    Failures& of(std::string_view user, std::uint64_t epoch);

    std::mutex mutex_;
    std::map<std::string, Failures, std::less<>> failures_;
};

}  // namespace picoxx::devcluster
