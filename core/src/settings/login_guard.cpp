#include "settings/login_guard.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

// Clusters that move around have ever new addresses; where all is well nothing needs to be known of the old ones.
constexpr std::size_t most_accounts = 1'000;

// Passwords are not kept, only what they can be compared by.
std::size_t hash(std::string_view password) noexcept { return std::hash<std::string_view>{}(password); }

std::string in_words(Duration time) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(time);
    if (left < 2min) return std::to_string(left.count()) + " s";
    if (left < 2h) return std::to_string(std::chrono::ceil<std::chrono::minutes>(left).count()) + " min";
    return std::to_string(std::chrono::ceil<std::chrono::hours>(left).count()) + " h";
}

std::string in_words(const std::string& address, std::uint32_t refused, Duration pause) {
    return "; after " + std::to_string(refused) +
           (refused == 1 ? " refused login at " : " refused logins in a row at ") + address +
           " the next one is tried in " + in_words(pause);
}

}  // namespace

// A refusal at another address of its name does not bar one that has accepted, up to what is left for this password.
bool LoginGuard::holds_back(const Account& account, std::size_t password, TimePoint now) const noexcept {
    const std::uint32_t spent = account.spent();
    if (now >= account.not_before || (account.has_accepted && spent < most_of_one_password_)) return false;
    const auto& refused = account.refused;
    return spent >= most_in_a_row || std::find(refused.begin(), refused.end(), password) != refused.end();
}

void LoginGuard::leave_alone(Account& account, TimePoint since) const noexcept {
    const Duration pause = account.spent() >= most_of_one_password_ ? Duration{24h}
                           : account.rounds <= 1                    ? Duration{30s}
                                                                    : Duration{10min};
    account.not_before = std::max(account.not_before, later(since, pause));
}

// Those that may be the same server under other addresses. Called with the lock held.
template <class Action>
void LoginGuard::for_each_beside(const Account& account, Action&& action) {
    if (account.group == 0) return;
    for (auto& [address, other] : accounts_) {
        if (&other != &account && other.group == account.group) action(other);
    }
}

// Else an error, which says nothing of the node. Called with the lock held.
Error LoginGuard::has_to_wait(const std::string& address, const Account& account) {
    std::uint32_t under_way = account.under_way;
    std::uint32_t awaited = account.awaited();
    for_each_beside(account, [&](const Account& other) {
        under_way += other.under_way;
        awaited += other.awaited();
    });
    // One that hangs is no reason not to try the others once; it gets one login less for that.
    const bool is_first_here = account.under_way == 0 && account.refused_in_a_row == 0 && awaited == 0;
    const std::uint32_t most = account.group == 0 ? most_in_a_row : most_in_a_row - 1;
    const std::uint32_t may_be_refused = std::min(account.refused_in_a_row, most_in_a_row - 1);
    const bool is_in_doubt = account.under_way >= most || under_way + may_be_refused >= most_in_a_row;
    if (is_in_doubt && !is_first_here) {
        return make_error(Errc::cancelled,
                          std::to_string(under_way) + " logins at " + address +
                              ", or at other addresses of its name, are not answered yet, and one more "
                              "could lock the account");
    }
    const bool was_refused = account.refused_in_a_row > 0;
    if (account.awaited() >= most_logins_at_a_time(account.is_fresh && !was_refused) || (was_refused && awaited > 0)) {
        return make_error(Errc::cancelled,
                          "another login at " + address + " is under way, and whether it is accepted is not known yet");
    }
    return {};
}

// Transitive: a group takes in those that one of its addresses belongs to.
void LoginGuard::may_be_one_server(const std::vector<std::string>& addresses) {
    const std::lock_guard lock{mutex_};
    const std::uint32_t group = ++groups_;
    for (const std::string& address : addresses) {
        Account& account = accounts_[address];
        for_each_beside(account, [&](Account& other) { other.group = group; });
        account.group = group;
    }
}

Error LoginGuard::begin(const std::string& address, std::string_view password, TimePoint now, Attempt& attempt) {
    attempt.broken_off();
    if (Error refused = refusal(address, password, now)) return refused;
    const std::lock_guard lock{mutex_};
    if (accounts_.size() >= most_accounts) {
        std::erase_if(accounts_, [](const auto& entry) {
            return entry.second.under_way == 0 && entry.second.refused_in_a_row == 0;
        });
    }
    Account& account = accounts_[address];
    if (account.awaited() == 0) account.is_fresh = is_fresh_login(accepted_at_, now);
    if (Error wait = has_to_wait(address, account)) return wait;
    attempt.address_ = address;
    attempt.round_ = account.rounds;
    attempt.password_ = hash(password);
    attempt.began_ = now;
    attempt.guard_ = this;
    ++account.under_way;
    return {};
}

Error LoginGuard::refusal(const std::string& address, std::string_view password, TimePoint now) const {
    const std::lock_guard lock{mutex_};
    const auto found = accounts_.find(address);
    if (found == accounts_.end() || !holds_back(found->second, hash(password), now)) return {};
    const Account& account = found->second;
    Error error = account.error;
    error.text += in_words(address, account.refused_in_a_row, account.not_before - now);
    return error;
}

bool LoginGuard::is_news(std::string_view password, TimePoint now) const {
    const std::size_t hashed = hash(password);
    const std::lock_guard lock{mutex_};
    return std::any_of(accounts_.begin(), accounts_.end(), [&](const auto& entry) {
        const Account& account = entry.second;
        return account.refused_in_a_row > 0 && now < account.not_before && !holds_back(account, hashed, now);
    });
}

LoginGuard::Attempt& LoginGuard::Attempt::operator=(Attempt&& other) noexcept {
    std::swap(guard_, other.guard_);
    std::swap(address_, other.address_);
    std::swap(password_, other.password_);
    std::swap(round_, other.round_);
    std::swap(is_unanswered_, other.is_unanswered_);
    std::swap(began_, other.began_);
    return *this;
}

void LoginGuard::Attempt::unanswered() noexcept {
    if (guard_ == nullptr || std::exchange(is_unanswered_, true)) return;
    const std::lock_guard lock{guard_->mutex_};
    const auto account = guard_->accounts_.find(address_);
    if (account != guard_->accounts_.end()) ++account->second.unanswered;
}

void LoginGuard::Attempt::accepted(TimePoint now) {
    if (guard_ == nullptr) return;
    {
        const std::lock_guard lock{guard_->mutex_};
        guard_->count_acceptance(guard_->accounts_[address_], is_unanswered_, began_, now);
    }
    end();
}

void LoginGuard::Attempt::refused(const Error& error, TimePoint now) {
    if (guard_ == nullptr) return;
    {
        const std::lock_guard lock{guard_->mutex_};
        Account& account = guard_->accounts_[address_];
        if (account.rounds == round_) ++account.rounds;
        account.has_accepted = false;
        // What was long unanswered may have been refused long ago.
        const TimePoint since = is_unanswered_ ? began_ : now;
        guard_->count_refusal(account, password_, error, since);
        guard_->for_each_beside(account, [&](Account& other) {
            other.rounds = std::max(other.rounds, account.rounds);
            guard_->count_refusal(other, password_, error, since);
        });
        guard_->accepted_at_ = {};
    }
    end();
}

// What was unanswered for long may have been accepted long ago.
void LoginGuard::count_acceptance(Account& account, bool was_unanswered, TimePoint began, TimePoint now) {
    if (was_unanswered && account.refused_in_a_row > 0 && account.refused_at >= began) return;
    Account clear;
    clear.under_way = account.under_way;
    clear.unanswered = account.unanswered;
    clear.group = account.group;
    clear.has_accepted = true;
    account = clear;
    if (was_unanswered) return;
    accepted_at_ = now;
    for (auto& [address, other] : accounts_) other.is_fresh = true;
}

void LoginGuard::count_refusal(Account& account, std::size_t password, const Error& error, TimePoint since) const {
    ++account.refused_in_a_row;
    account.refused_at = std::max(account.refused_at, since);
    leave_alone(account, since);
    if (std::find(account.refused.begin(), account.refused.end(), password) == account.refused.end()) {
        if (account.refused.size() >= most_in_a_row) account.refused.erase(account.refused.begin());
        account.refused.push_back(password);
    }
    account.error = error;
    account.is_fresh = false;
}

void LoginGuard::Attempt::broken_off() noexcept {
    if (guard_ == nullptr) return;
    {
        const std::lock_guard lock{guard_->mutex_};
        const auto found = guard_->accounts_.find(address_);
        if (found != guard_->accounts_.end()) {
            Account& account = found->second;
            if (account.broken_off_at + 24h <= began_) account.broken_off = 0;
            account.broken_off_at = began_;
            ++account.broken_off;
            if (account.refused_in_a_row > 0) guard_->leave_alone(account, began_);
        }
    }
    end();
}

void LoginGuard::Attempt::end() noexcept {
    if (guard_ == nullptr) return;
    const std::lock_guard lock{guard_->mutex_};
    const auto account = guard_->accounts_.find(address_);
    if (account != guard_->accounts_.end()) {
        --account->second.under_way;
        if (is_unanswered_) --account->second.unanswered;
    }
    guard_ = nullptr;
    is_unanswered_ = false;
}

}  // namespace picoxx
