#pragma once

#include "io/name_resolver.hpp"
#include "io/resolver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace picoxx {

/// What takes longer hangs.
inline constexpr std::chrono::seconds patience{20};

using Names = std::vector<std::string>;

[[nodiscard]] inline std::string address_of(const std::string& host) { return "the address of " + host; }

/// The system's resolver: hangs at each name until it is told to answer.
class SlowNames {
public:
    NameAnswer resolve(const std::string& host) {
        std::unique_lock lock{mutex_};
        asked_.push_back(host);
        most_ = std::max(most_, ++under_way_);
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_ || allowed_[host] > 0; });
        if (!open_) --allowed_[host];
        --under_way_;
        return answers_.contains(host) ? answers_[host]() : NameAnswer{{address_of(host)}, {}};
    }

    /// One question for it is answered.
    void answer(const std::string& host) {
        const std::lock_guard lock{mutex_};
        ++allowed_[host];
        changed_.notify_all();
    }
    void answer_all() {
        const std::lock_guard lock{mutex_};
        open_ = true;
        changed_.notify_all();
    }
    void answer_with(const std::string& host, std::function<NameAnswer()> answer) {
        const std::lock_guard lock{mutex_};
        answers_[host] = std::move(answer);
    }

    /// The names that were asked for, in order, once there are so many.
    [[nodiscard]] std::vector<std::string> asked(std::size_t count) {
        std::unique_lock lock{mutex_};
        EXPECT_TRUE(changed_.wait_for(lock, patience, [&] { return asked_.size() >= count; }));
        return asked_;
    }
    [[nodiscard]] std::size_t most_at_once() {
        const std::lock_guard lock{mutex_};
        return most_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> asked_;
    std::map<std::string, int> allowed_;
    std::map<std::string, std::function<NameAnswer()>> answers_;
    bool open_ = false;
    std::size_t under_way_ = 0;
    std::size_t most_ = 0;
};

/// One who asks for a name.
class Asker {
public:
    template <class Ask>  // a function like NameLookup::start
    Asker(const Ask& ask, const std::string& host) : lookup_{ask(host, [this] { heard_.set_value(); })} {}
    ~Asker() { lookup_->abandon(); }  // the signal may still be on its way out of the promise
    Asker(const Asker&) = delete;
    Asker& operator=(const Asker&) = delete;

    void abandon() { lookup_->abandon(); }
    [[nodiscard]] bool has_heard() const {
        return hears_.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    }
    /// Its first address, or why there is none.
    [[nodiscard]] std::string hears() {
        if (hears_.wait_for(patience) != std::future_status::ready) return "nothing";
        ResolveRequest request;
        if (!lookup_->take(request)) return "no answer";
        return request.addresses.empty() ? request.failure : request.addresses.front();
    }

private:
    std::promise<void> heard_;
    std::future<void> hears_ = heard_.get_future();
    std::shared_ptr<NameLookup> lookup_;
};

}  // namespace picoxx
