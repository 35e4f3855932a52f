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

/// Whether a login that was accepted then, at any node of the cluster, says that the password is right now.
[[nodiscard]] constexpr bool is_fresh_login(TimePoint accepted_at, TimePoint now) noexcept {
    return accepted_at + std::chrono::seconds{1} > now;
}
/// At one node. Logins that are under way may all be refused, and four refusals lock the account.
[[nodiscard]] constexpr std::size_t most_logins_at_a_time(bool password_is_fresh) noexcept {
    return password_is_fresh ? 2 : 1;
}

/// Keeps a wrong password from locking the account. Picodata locks a user at a node after the fourth refused login in a
/// row, for everybody, until an administrator unlocks him (measured). So three are tried there in a row and no more,
/// until a day has passed in which somebody may have noticed; it does not matter by which name the address was reached.
/// Nor are more than three under way at a server that does not answer: it may refuse them all one day.
///
/// A password that was refused is tried again after 30 s, then after 10 min. Another one is tried at once; where such
/// may come the last of the three is kept for it.
///
/// Thread safety: all functions.
class LoginGuard {
public:
    /// Whether the password may become another one.
    enum class Password : std::uint8_t { fixed, changing };
    explicit LoginGuard(Password password = Password::fixed) noexcept
        : most_of_one_password_{password == Password::changing ? most_in_a_row - 1 : most_in_a_row} {}

    /// A login under way. Is it destroyed before its end is told, then it was broken off: the server may call that a
    /// refusal, too (measured).
    class Attempt {
    public:
        Attempt() = default;
        Attempt(Attempt&& other) noexcept { *this = std::move(other); }
        Attempt& operator=(Attempt&& other) noexcept;
        ~Attempt() { broken_off(); }

        /// The server has not answered in time; it still may.
        void unanswered() noexcept;
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
        bool is_unanswered_ = false;
        TimePoint began_{};
    };

    /// These are the addresses of one name, and may be one server: what is refused at one of them counts at all, but
    /// does not bar one that has accepted a login.
    void may_be_one_server(const std::vector<std::string>& addresses);
    /// Asks whether `password` may be tried at `address`, `host:port`. Then `attempt` is to be told how that ended,
    /// before the guard ends. @return else why it may not: the refusal; or `cancelled`, which says nothing about the
    /// node, where so many other logins are under way there that this one has to wait
    [[nodiscard]] Error begin(const std::string& address, std::string_view password, TimePoint now, Attempt& attempt);
    /// The refusal with which `begin` would answer then; Errc::ok where there is none.
    [[nodiscard]] Error refusal(const std::string& address, std::string_view password, TimePoint now) const;
    /// An address is left alone now, and would not be with this password.
    [[nodiscard]] bool is_news(std::string_view password, TimePoint now) const;

private:
    static constexpr std::uint32_t most_in_a_row = 3;

    struct Account {
        std::uint32_t refused_in_a_row = 0;
        std::uint32_t rounds = 0;      // of them: those that were under way together are one
        std::uint32_t broken_off = 0;  // since the last one that was accepted, and within a day
        TimePoint broken_off_at{};     // last
        TimePoint refused_at{};        // last
        TimePoint not_before{};
        std::vector<std::size_t> refused;  // the passwords, as hashes; the latest few
        Error error;
        std::uint32_t under_way = 0;
        std::uint32_t unanswered = 0;  // of those
        std::uint32_t group = 0;       // of those that may be one server; 0: it is alone
        bool has_accepted = false;     // since it refused itself
        bool is_fresh = false;         // the password, for those under way

        [[nodiscard]] std::uint32_t awaited() const noexcept { return under_way - unanswered; }
        // As the server may have counted.
        [[nodiscard]] std::uint32_t spent() const noexcept {
            return refused_in_a_row == 0 ? 0 : refused_in_a_row + broken_off;
        }
    };
    void leave_alone(Account& account, TimePoint since) const noexcept;
    void count_acceptance(Account& account, bool was_unanswered, TimePoint began, TimePoint now);
    void count_refusal(Account& account, std::size_t password, const Error& error, TimePoint since) const;
    template <class Action>
    void for_each_beside(const Account& account, Action&& action);
    [[nodiscard]] Error has_to_wait(const std::string& address, const Account& account);
    [[nodiscard]] bool holds_back(const Account& account, std::size_t password, TimePoint now) const noexcept;

    std::uint32_t most_of_one_password_;
    mutable std::mutex mutex_;
    std::map<std::string, Account> accounts_;  // by address
    std::uint32_t groups_ = 0;                 // so far
    TimePoint accepted_at_{};                  // by any, and by none refused since
};

}  // namespace picoxx
