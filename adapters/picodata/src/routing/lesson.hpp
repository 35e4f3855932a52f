#pragma once

#include "../keys/bucket_set.hpp"
#include "key_guess.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace picoxx {

/// What is learned of one statement text: which of its parameters make the sharding key. Learned by comparing: EXPLAIN
/// tells the buckets for the parameters of an execution; kept are those of all possible keys that would give one of them;
/// what the next EXPLAINs, with other parameters, tell lets the wrong ones go. So no SQL is parsed, and no catalogue is
/// read.
///
/// How likely a wrong lesson is: a key that is none gives the right bucket by chance once in as many times as there are
/// buckets. With G keys tried, of 3000 buckets, G / 3000^2 wrong ones are left after two EXPLAINs that told different
/// buckets: one in 200 000 statements with two integers (G is 44), one in 450 where G is at its limit of 20 000. So a
/// lesson is believed only where this is below 1 in 10 000; else a third one is waited for. A wrong one costs a hop: the
/// server's coordinator finds the owner by itself.
class Lesson {
public:
    enum class State : std::uint8_t {
        open,        ///< More has to be told.
        learned,     ///< `guesses` give the buckets.
        unroutable,  ///< The parameters do not tell the owner.
    };

    /// EXPLAIN has told `set` for these parameters. Where that contradicts what was learned it begins anew.
    void observe(std::span<const Parameter> parameters, const BucketSet& set, std::uint32_t bucket_count);
    /// The server has said what the key is.
    void teach(const KeyGuess& key);
    /// EXPLAIN refuses the statement.
    void refuse() noexcept;

    [[nodiscard]] State state() const noexcept { return state_; }
    /// Each one is the key of some of the rows: an owner is known where they lead to one. @pre state() == learned
    [[nodiscard]] std::span<const KeyGuess> guesses() const noexcept { return guesses_; }
    /// EXPLAINs that told something of the key.
    [[nodiscard]] std::uint32_t observations() const noexcept { return observations_; }

private:
    void begin(std::span<const Parameter> parameters, const BucketSet& set, std::uint32_t bucket_count);
    void learned_nothing(std::uint32_t patience) noexcept;
    [[nodiscard]] bool keeps_those_of(std::span<const Parameter> parameters, const BucketSet& set,
                                      std::uint32_t bucket_count);
    void judge();
    void keep_one_reading_of_each();

    State state_ = State::open;
    std::vector<KeyGuess> guesses_;
    std::vector<std::uint32_t> first_;  // buckets that were told first
    std::uint32_t observations_ = 0;
    std::uint32_t contradictions_ = 0;
    std::uint32_t told_nothing_ = 0;  // in a row
    std::size_t most_told_ = 0;       // buckets at a time
    double chance_ = 0;               // of wrong guesses that are left
    bool has_told_others_ = false;    // than those
};

}  // namespace picoxx
