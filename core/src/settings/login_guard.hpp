#pragma once

#include <picoxx/port/error.hpp>
#include <picoxx/port/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx {

/// Where a login was accepted just before, or one of those under way was.
enum class LoginTrust : std::uint8_t {
    none,
    elsewhere,  ///< At another node of the same cluster.
    here,
};
[[nodiscard]] constexpr LoginTrust login_trust(TimePoint here, TimePoint anywhere, TimePoint now) noexcept {
    constexpr std::chrono::seconds just_before{1};
    if (here + just_before > now) return LoginTrust::here;
    return anywhere + just_before > now ? LoginTrust::elsewhere : LoginTrust::none;
}
/// Logins that are under way may all be refused, and four refusals lock the account.
[[nodiscard]] constexpr std::size_t most_logins_at_a_time(LoginTrust trust) noexcept {
    return 1 + static_cast<std::size_t>(trust);
}

/// Keeps a wrong password from locking the account. Picodata locks a user at a node after the fourth refused login in a
/// row, for everybody, until an administrator unlocks him (measured). So a password that was refused at an address is
/// tried there again after 30 s, then after 10 min, and after three refusals in a row once a day, so that somebody has
/// had a day to notice. It does not matter by which name the address was reached. Another password may be tried at
/// once.
///
/// Several logins that are under way could be refused together: there are three at a time at most, two where only
/// another address has accepted the password just before, and one where none has. The engine sees to that for each
/// node, so here it matters only for an address that has several names.
/// Thread safety: all functions.
class LoginGuard {
public:
    /// A login under way. Is it destroyed before its end is told, then it was broken off: the server may call that a
    /// refusal, too (measured).
    class Attempt {
    public:
        Attempt() = default;
        Attempt(Attempt&& other) noexcept { *this = std::move(other); }
        Attempt& operator=(Attempt&& other) noexcept;
        ~Attempt() { broken_off(); }

        void accepted(TimePoint now);
        void refused(const Error& error, TimePoint now);
        /// No login came of it.
        void failed() noexcept { end(); }
        /// Or its time ran out.
        void broken_off() noexcept;

    private:
        friend class LoginGuard;
        void end() noexcept;
        LoginGuard* guard_ = nullptr;
        std::string address_;
        std::size_t password_ = 0;
        std::uint32_t round_ = 0;
    };

    /// Asks whether `password` may be tried at `address`, `host:port`. Then `attempt` is to be told how that ended,
    /// before the guard ends. @return else why it may not: the refusal, or `connect_failed` where another login there
    /// is under way
    [[nodiscard]] Error begin(const std::string& address, std::string_view password, TimePoint now, Attempt& attempt);
    /// It was refused somewhere, and nowhere accepted since.
    [[nodiscard]] bool was_refused(std::string_view password) const;

private:
    struct Account {
        std::uint32_t refused_in_a_row = 0;
        std::uint32_t rounds = 0;      // of them: those that were under way together are one
        std::uint32_t broken_off = 0;  // since the last one that was accepted
        TimePoint refused_at{};        // last
        TimePoint not_before{};
        std::vector<std::size_t> refused;  // the passwords, as hashes; the latest few
        Error error;
        std::uint32_t under_way = 0;
        LoginTrust trust = LoginTrust::none;  // for those under way
        TimePoint accepted_at{};
    };

    [[nodiscard]] std::size_t hash(std::string_view password) const noexcept;

    mutable std::mutex mutex_;
    std::map<std::string, Account> accounts_;  // by address
    TimePoint accepted_at_{};                  // by any, and by none refused since
};

}  // namespace picoxx
