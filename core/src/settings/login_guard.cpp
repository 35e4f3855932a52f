#include "settings/login_guard.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

// So many passwords are tried at an address without a pause between them.
constexpr std::size_t most_passwords = 3;

// Clusters that move around have ever new addresses; where all is well nothing needs to be known of the old ones.
constexpr std::size_t most_accounts = 1'000;

// One more than three would lock the account.
std::chrono::seconds pause_after(std::uint32_t refusals, std::uint32_t rounds) noexcept {
    if (refusals >= 3) return 24h;
    return rounds == 1 ? 30s : std::chrono::seconds{10min};
}

std::string in_words(Duration time) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(time);
    if (left < 2min) return std::to_string(left.count()) + " s";
    if (left < 2h) return std::to_string(std::chrono::ceil<std::chrono::minutes>(left).count()) + " min";
    return std::to_string(std::chrono::ceil<std::chrono::hours>(left).count()) + " h";
}

}  // namespace

// Passwords are not kept: what is compared tells nobody what they were.
std::size_t LoginGuard::hash(std::string_view password) const noexcept {
    return std::hash<std::string_view>{}(password);
}

Error LoginGuard::begin(const std::string& address, std::string_view password, TimePoint now, Attempt& attempt) {
    attempt.broken_off();
    const std::size_t hashed = hash(password);
    const std::lock_guard lock{mutex_};
    if (accounts_.size() >= most_accounts) {
        std::erase_if(accounts_, [](const auto& entry) {
            return entry.second.under_way == 0 && entry.second.refused_in_a_row == 0;
        });
    }
    Account& account = accounts_[address];
    const bool known_as_wrong = std::find(account.refused.begin(), account.refused.end(), hashed) !=
                                account.refused.end();
    const bool must_wait = known_as_wrong || account.refused.size() >= most_passwords;
    if (must_wait && now < account.not_before) {
        Error error = account.error;
        error.text += "; after " + std::to_string(account.refused_in_a_row) +
                      (account.refused_in_a_row == 1 ? " refused login" : " refused logins in a row") + " at " +
                      address + " the next one with this password is tried in " + in_words(account.not_before - now);
        return error;
    }
    if (account.under_way == 0) account.trust = login_trust(account.accepted_at, accepted_at_, now);
    if (known_as_wrong) account.trust = LoginTrust::none;
    if (account.under_way >= most_logins_at_a_time(account.trust)) {
        return make_error(Errc::connect_failed,
                          "another login at " + address + " is under way, and whether it is accepted is not known yet");
    }
    attempt.address_ = address;
    attempt.round_ = account.rounds;
    attempt.password_ = hashed;
    attempt.guard_ = this;
    ++account.under_way;
    return {};
}

bool LoginGuard::was_refused(std::string_view password) const {
    const std::size_t hashed = hash(password);
    const std::lock_guard lock{mutex_};
    return std::any_of(accounts_.begin(), accounts_.end(), [&](const auto& entry) {
        const std::vector<std::size_t>& refused = entry.second.refused;
        return std::find(refused.begin(), refused.end(), hashed) != refused.end();
    });
}

LoginGuard::Attempt& LoginGuard::Attempt::operator=(Attempt&& other) noexcept {
    std::swap(guard_, other.guard_);
    std::swap(address_, other.address_);
    std::swap(password_, other.password_);
    std::swap(round_, other.round_);
    return *this;
}

void LoginGuard::Attempt::accepted(TimePoint now) {
    if (guard_ == nullptr) return;
    {
        const std::lock_guard lock{guard_->mutex_};
        Account& account = guard_->accounts_[address_];
        account.refused_in_a_row = 0;
        account.rounds = account.broken_off = 0;
        account.not_before = {};
        account.refused.clear();
        account.error = {};
        account.trust = LoginTrust::here;
        account.accepted_at = guard_->accepted_at_ = now;
        for (auto& [address, other] : guard_->accounts_) other.trust = std::max(other.trust, LoginTrust::elsewhere);
    }
    end();
}

void LoginGuard::Attempt::refused(const Error& error, TimePoint now) {
    if (guard_ == nullptr) return;
    {
        const std::lock_guard lock{guard_->mutex_};
        Account& account = guard_->accounts_[address_];
        ++account.refused_in_a_row;
        if (account.rounds == round_) ++account.rounds;
        account.refused_at = now;
        account.not_before = later(now, pause_after(account.refused_in_a_row + account.broken_off, account.rounds));
        if (std::find(account.refused.begin(), account.refused.end(), password_) == account.refused.end()) {
            if (account.refused.size() >= most_passwords) account.refused.erase(account.refused.begin());
            account.refused.push_back(password_);
        }
        account.error = error;
        account.trust = LoginTrust::none;
        account.accepted_at = guard_->accepted_at_ = {};
    }
    end();
}

void LoginGuard::Attempt::broken_off() noexcept {
    if (guard_ == nullptr) return;
    {
        const std::lock_guard lock{guard_->mutex_};
        const auto found = guard_->accounts_.find(address_);
        if (found != guard_->accounts_.end()) {
            Account& account = found->second;
            ++account.broken_off;
            if (account.refused_in_a_row > 0) {
                account.not_before = later(account.refused_at,
                                           pause_after(account.refused_in_a_row + account.broken_off, account.rounds));
            }
        }
    }
    end();
}

void LoginGuard::Attempt::end() noexcept {
    if (guard_ == nullptr) return;
    const std::lock_guard lock{guard_->mutex_};
    const auto account = guard_->accounts_.find(address_);
    if (account != guard_->accounts_.end()) --account->second.under_way;
    guard_ = nullptr;
}

}  // namespace picoxx
