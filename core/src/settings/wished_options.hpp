#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace picoxx {

/// Server options that make a client better and that it can do without. Picodata ignores the ones it does not know
/// (measured); another server, such as PostgreSQL, may refuse the connection over them, which is then made without
/// them. Thread safety: all functions.
class WishedOptions {
public:
    explicit WishedOptions(std::string text) : text_{std::move(text)} {}

    /// What is to be sent; empty where they were refused.
    [[nodiscard]] const std::string& text() const noexcept {
        static const std::string nothing;
        return answer() == Answer::refused ? nothing : text_;
    }
    /// A server has taken them, so that a refused connection is not their fault.
    [[nodiscard]] bool were_taken() const noexcept { return answer() == Answer::taken; }

    void taken() noexcept { answer_once(Answer::taken); }
    /// A connection was refused with them and made without.
    void refused() noexcept { answer_once(Answer::refused); }

private:
    enum class Answer : std::uint8_t { none, taken, refused };
    // The first answer holds.
    void answer_once(Answer answer) noexcept {
        Answer unanswered = Answer::none;
        answer_.compare_exchange_strong(unanswered, answer, std::memory_order_relaxed);
    }
    [[nodiscard]] Answer answer() const noexcept { return answer_.load(std::memory_order_relaxed); }

    std::string text_;
    std::atomic<Answer> answer_{Answer::none};
};

}  // namespace picoxx
