#pragma once

#include <cstdint>

namespace picoxx {

/// SplitMix64.
class RandomNumbers {
public:
    explicit RandomNumbers(std::uint64_t seed) noexcept : state_{seed} {}

    [[nodiscard]] std::uint64_t next() noexcept {
        std::uint64_t value = (state_ += 0x9e3779b97f4a7c15U);
        value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
        value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
        return value ^ (value >> 31U);
    }

private:
    std::uint64_t state_;
};

}  // namespace picoxx
