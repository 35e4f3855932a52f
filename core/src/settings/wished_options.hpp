#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace picoxx {

/// Server options that make a client better and that it can do without. Picodata ignores the ones it does not know (measured);
/// another server, such as PostgreSQL, may refuse the connection over them, which is then made without them.
/// Thread safety: all functions.
class WishedOptions {
public:
    explicit WishedOptions(std::string text) : text_{std::move(text)} {}

    /// What is to be sent; empty where they were refused.
    [[nodiscard]] const std::string& text() const noexcept {
        static const std::string nothing;
        return answer() == Answer::refused ? nothing : text_;
    }
    /// Nobody has taken them yet, so a refused connection may be their fault.
    [[nodiscard]] bool may_be_refused() const noexcept { return !text_.empty() && answer() == Answer::none; }

    void taken() noexcept { answer_.store(Answer::taken, std::memory_order_relaxed); }
    /// A connection was refused with them and made without.
    void refused() noexcept { answer_.store(Answer::refused, std::memory_order_relaxed); }

private:
    enum class Answer : std::uint8_t { none, taken, refused };
    [[nodiscard]] Answer answer() const noexcept { return answer_.load(std::memory_order_relaxed); }

    std::string text_;
    std::atomic<Answer> answer_{Answer::none};
};

}  // namespace picoxx
