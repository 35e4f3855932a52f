#pragma once

#include <atomic>
#include <string>

namespace picoxx {

/// Server options that make a client better and that it can do without. Picodata ignores the ones it does not know (measured);
/// another server, such as PostgreSQL, may refuse the connection over them, which is then made without them.
/// Thread safety: all functions.
class WishedOptions {
public:
    explicit WishedOptions(std::string text) : text_{std::move(text)} {}

    /// What is to be sent: `options` and the wishes.
    [[nodiscard]] std::string added_to(const std::string& options) const {
        if (text_.empty() || refused_.load(std::memory_order_relaxed)) return options;
        return options.empty() ? text_ : options + ',' + text_;
    }
    /// A server refused them. @return whether it can have been them: they were sent until now
    bool refused() noexcept { return !text_.empty() && !refused_.exchange(true, std::memory_order_relaxed); }

private:
    std::string text_;
    std::atomic<bool> refused_{false};
};

}  // namespace picoxx
