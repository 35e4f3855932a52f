#pragma once

#include "io/process_fork.hpp"
#include "task/task.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace picoxx {

class NameResolver;
struct NameQuestion;

/// What is known of a name.
struct NameAnswer {
    std::vector<std::string> addresses;  ///< Numeric.
    std::string failure;                 ///< Why there are none.
};

/// One caller's wait for the addresses of a name. The system's resolver blocks, for longer than any deadline if it
/// likes, so it is asked on threads of its own: by NameResolver, for all callers of the process together. Those who ask
/// for a name that is being asked for share that question; nothing is kept of an answer. In a forked child a look-up of
/// its parent is never answered. Thread safety: all functions.
class NameLookup {
public:
    /// `answered` is called once, unless the question is abandoned before; it must only signal. Mostly on another
    /// thread, but within this call where there is no memory or no thread to ask with: that is a failure as well.
    static std::shared_ptr<NameLookup> start(const std::string& host, std::function<void()> answered);

    NameLookup(std::shared_ptr<NameResolver> resolver, std::function<void()> answered) noexcept;

    /// Nobody waits any more: after this `answered` is not called. A name that nobody else waits for is not asked for
    /// if that has not begun.
    void abandon() noexcept;
    /// Moves the answer into the request. @return false where there is none yet
    [[nodiscard]] bool take(ResolveRequest& request);

private:
    friend class NameResolver;

    [[nodiscard]] bool is_foreign() const noexcept { return forks_ != forks_so_far(); }
    void answer(const NameAnswer& answer) noexcept;

    const std::uint32_t forks_ = forks_so_far();
    const std::shared_ptr<NameResolver> resolver_;

    std::shared_ptr<NameQuestion> question_;  // this and its place there are guarded by the resolver's mutex
    std::list<std::shared_ptr<NameLookup>>::iterator place_;

    std::mutex mutex_;  // guards what follows
    std::function<void()> answered_;
    std::optional<NameAnswer> answer_;
};

}  // namespace picoxx
