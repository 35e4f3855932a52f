#pragma once

#include "../keys/bucket_set.hpp"
#include "key_guess.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace picoxx {

/// What is learned of one statement text: which of its parameters make the sharding key. Learned by comparing: EXPLAIN
/// tells the buckets for the parameters of an execution; kept are those of all possible keys that would give one of
/// them; what the next EXPLAINs, with other parameters, tell lets the wrong ones go. So no SQL is parsed, and no
/// catalogue is read.
///
/// How likely a wrong lesson is: a key that is none gives the right bucket by chance once in as many times as there are
/// buckets. With G keys of so many columns tried, of 3000 buckets, G / 3000^2 wrong ones are left after two EXPLAINs
/// that told different buckets: one in a million for a key of one column where there are two integers (G is 8), one in
/// 1000 where G is at its limit of 10 000. So a lesson is believed only where this is below 1 in 10 000; else a third
/// EXPLAIN is waited for. A wrong one costs a hop: the server's coordinator finds the owner by itself.
class Lesson {
public:
    enum class State : std::uint8_t {
        open,        ///< More has to be told.
        learned,     ///< `guesses` give the buckets.
        unroutable,  ///< The parameters do not tell the owner.
    };

    /// EXPLAIN has told `set` for these parameters. Where that contradicts what was learned it begins anew.
    void observe(std::span<const Parameter> parameters, const BucketSet& set, std::uint32_t bucket_count);
    /// EXPLAIN refuses the statement.
    void refuse() noexcept;

    [[nodiscard]] State state() const noexcept { return state_; }
    /// Each one is the key of some of the rows: an owner is known where they lead to one. @pre state() == learned
    [[nodiscard]] std::span<const KeyGuess> guesses() const noexcept { return guesses_; }

private:
    void begin(std::span<const Parameter> parameters, const BucketSet& set, std::uint32_t bucket_count);
    void learned_nothing(std::uint32_t patience) noexcept;
    [[nodiscard]] bool keeps_those_of(std::span<const Parameter> parameters, const BucketSet& set,
                                      std::uint32_t bucket_count);
    void judge();
    void keep_one_reading_of_each();

    [[nodiscard]] double chance() const noexcept;

    State state_ = State::open;
    std::vector<KeyGuess> guesses_;
    std::vector<std::vector<std::uint32_t>> told_;  // sets of buckets, each once
    std::uint32_t observations_ = 0;                // EXPLAINs that told something of the key
    std::uint32_t contradictions_ = 0;
    std::uint32_t told_nothing_ = 0;                        // in a row
    std::size_t most_told_ = 0;                             // buckets at a time
    std::array<double, KeyGuess::most_parts + 1> wrong_{};  // guesses that may be left, by their number of parts
};

}  // namespace picoxx
