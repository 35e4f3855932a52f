#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace picoxx {

/// A hash for tables in memory: quick, and as good as two texts have the same one once in 2^64 unless somebody looks
/// for such texts.
class QuickHash {
public:
    void add(std::uint64_t value) noexcept { hash_ = folded(value ^ odd, hash_ ^ other); }
    void add(const void* data, std::size_t size) noexcept {
        const auto* bytes = static_cast<const unsigned char*>(data);
        hash_ ^= size * odd;
        if (size < 8) return add(short_word(bytes, size));
        // The last words may overlap those before them.
        const unsigned char* const last = bytes + size - 8;
        const unsigned char* const last_but_one = size < 16 ? bytes : last - 8;
        for (; bytes < last_but_one; bytes += 16) hash_ = folded(word(bytes) ^ odd, word(bytes + 8) ^ hash_);
        hash_ = folded(word(last_but_one) ^ odd, word(last) ^ hash_);
    }
    [[nodiscard]] std::uint64_t value() const noexcept { return hash_; }

private:
    static constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
    static constexpr std::uint64_t other = 0xbf58476d1ce4e5b9U;

    [[nodiscard]] static std::uint64_t folded(std::uint64_t left, std::uint64_t right) noexcept {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(left) * right;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    }
    [[nodiscard]] static std::uint64_t word(const unsigned char* bytes) noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, sizeof word);
        return word;
    }
    [[nodiscard]] static std::uint64_t short_word(const unsigned char* bytes, std::size_t size) noexcept {
        std::uint64_t word = 0;
        while (size-- > 0) word = word << 8U | bytes[size];
        return word;
    }

    std::uint64_t hash_ = 0x94d049bb133111ebU;
};

}  // namespace picoxx
