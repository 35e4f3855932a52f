#include "lesson.hpp"

#include <algorithm>
#include <utility>

namespace picoxx {
namespace {

constexpr std::size_t most_guesses = 10'000;  // tried, of each number of columns
constexpr std::size_t most_kept = 256;
constexpr double highest_chance = 1e-4;
constexpr std::uint32_t observations_enough = 6;

bool contains(const std::vector<std::uint32_t>& buckets, std::uint32_t bucket) noexcept {
    return std::binary_search(buckets.begin(), buckets.end(), bucket);
}

/// Tries all keys that some of the parameters may make, those of few columns first.
class Search {
public:
    Search(std::span<const Parameter> parameters, const BucketSet& set, std::uint32_t bucket_count,
           std::vector<KeyGuess>& found) noexcept
        : parameters_{parameters}, set_{set}, bucket_count_{bucket_count}, found_{found} {}

    /// Tries those of so many columns. @return how many that were
    std::size_t run(std::uint32_t columns) {
        size_ = columns;
        tried_ = 0;
        if (columns <= parameters_.size()) extend(KeyHash{});
        return tried_;
    }

private:
    void extend(const KeyHash& hash) {
        if (guess_.count == size_) return look_at(hash);
        for (std::size_t i = 0; i < parameters_.size() && tried_ < most_guesses; ++i) {
            const auto end = guess_.parts.begin() + guess_.count;
            const bool is_taken = std::any_of(guess_.parts.begin(), end,
                                              [&](const KeyGuess::Part& part) { return part.parameter == i; });
            if (is_taken) continue;
            for (const KeyReading reading : readings_of(parameters_[i])) {
                KeyHash longer = hash;
                if (!add_parameter(longer, parameters_[i], reading)) continue;
                guess_.parts[guess_.count++] = {static_cast<std::uint16_t>(i), reading};
                extend(longer);
                --guess_.count;
                if (!parameters_[i].value) break;  // all readings of NULL are alike
            }
        }
    }
    void look_at(const KeyHash& hash) {
        ++tried_;
        if (found_.size() < most_kept && contains(set_.buckets, hash.bucket(bucket_count_))) found_.push_back(guess_);
    }

    std::span<const Parameter> parameters_;
    const BucketSet& set_;
    std::uint32_t bucket_count_;
    std::vector<KeyGuess>& found_;
    KeyGuess guess_;
    std::uint32_t size_ = 0;
    std::size_t tried_ = 0;
};

}  // namespace

void Lesson::observe(std::span<const Parameter> parameters, const BucketSet& set, std::uint32_t bucket_count) {
    switch (set.kind) {
        case BucketSet::Kind::any: return refuse();
        case BucketSet::Kind::none: return learned_nothing(8);
        case BucketSet::Kind::all:
        case BucketSet::Kind::unknown:
        case BucketSet::Kind::unclear: return learned_nothing(2);
        case BucketSet::Kind::some: break;
    }
    told_nothing_ = 0;
    if (observations_ > 0 && keeps_those_of(parameters, set, bucket_count)) {
        ++observations_;
        // The same once more excludes nothing.
        if (std::find(told_.begin(), told_.end(), set.buckets) == told_.end()) {
            for (double& wrong : wrong_) wrong *= static_cast<double>(set.buckets.size()) / bucket_count;
            told_.push_back(set.buckets);
        }
    } else {
        begin(parameters, set, bucket_count);
    }
    most_told_ = std::max(most_told_, set.buckets.size());
    judge();
}

void Lesson::begin(std::span<const Parameter> parameters, const BucketSet& set, std::uint32_t bucket_count) {
    constexpr std::uint32_t most_contradictions = 3;
    const std::uint32_t contradictions = contradictions_ + (observations_ > 0 ? 1 : 0);
    *this = Lesson{};
    contradictions_ = contradictions;
    if (contradictions_ == most_contradictions) return refuse();
    observations_ = 1;
    told_.push_back(set.buckets);
    for (const std::uint32_t bucket : set.buckets) guesses_.push_back({.constant = bucket});
    Search search{parameters, set, bucket_count, guesses_};
    for (std::uint32_t columns = 1; columns <= KeyGuess::most_parts; ++columns) {
        const auto tried = static_cast<double>(search.run(columns));
        wrong_[columns] = tried * static_cast<double>(set.buckets.size()) / bucket_count;
    }
    // Nothing but the text decides.
    if (parameters.empty()) state_ = State::learned;
}

void Lesson::learned_nothing(std::uint32_t patience) noexcept {
    if (++told_nothing_ >= patience) refuse();
}

bool Lesson::keeps_those_of(std::span<const Parameter> parameters, const BucketSet& set, std::uint32_t bucket_count) {
    std::vector<KeyGuess> kept;
    std::vector<std::uint32_t> given;
    for (const KeyGuess& guess : guesses_) {
        const std::uint32_t bucket = guess.bucket(parameters, bucket_count);
        if (!contains(set.buckets, bucket)) continue;
        kept.push_back(guess);
        given.push_back(bucket);
    }
    const bool all_are_given = std::all_of(set.buckets.begin(), set.buckets.end(), [&](std::uint32_t bucket) {
        return std::find(given.begin(), given.end(), bucket) != given.end();
    });
    if (all_are_given) guesses_ = std::move(kept);
    return all_are_given;
}

// That a guess which is left is wrong; of several those of the most columns are the likeliest.
double Lesson::chance() const noexcept {
    std::uint32_t columns = 0;
    for (const KeyGuess& guess : guesses_) columns = std::max(columns, guess.count);
    return wrong_[columns];
}

void Lesson::judge() {
    if (state_ != State::open) return;
    const bool is_believed = told_.size() > 1 ? chance() <= highest_chance : observations_ >= observations_enough;
    if (!is_believed) return;
    keep_one_reading_of_each();
    // Of two parameters that were equal so far both may be the key: the next EXPLAINs may tell.
    if (guesses_.size() > most_told_ && observations_ < observations_enough) return;
    state_ = State::learned;
}

// What was read one way and the other gave the same buckets so far.
void Lesson::keep_one_reading_of_each() {
    std::vector<KeyGuess> kept;
    for (const KeyGuess& guess : guesses_) {
        const bool is_known = std::any_of(kept.begin(), kept.end(), [&](const KeyGuess& other) {
            return guess.count > 0 && guess.has_parameters_of(other);
        });
        if (!is_known) kept.push_back(guess);
    }
    guesses_ = std::move(kept);
}

void Lesson::refuse() noexcept {
    *this = Lesson{};
    state_ = State::unroutable;
}

}  // namespace picoxx
