#include "bucket_hash.hpp"

#include <charconv>
#include <cstddef>
#include <string_view>

namespace picoxx::devcluster {
namespace {

void pack_big_endian(std::string& out, unsigned mark, std::uint64_t value, unsigned bytes) {
    out.push_back(static_cast<char>(mark));
    for (unsigned i = bytes; i > 0; --i) {
        out.push_back(static_cast<char>(value >> (8U * (i - 1U))));
    }
}

void pack_integer(std::string& out, std::int64_t value) {
    const auto raw = static_cast<std::uint64_t>(value);
    if (value >= 0) {
        if (raw < 0x80U) {
            out.push_back(static_cast<char>(raw));
        } else if (raw <= 0xFFU) {
            pack_big_endian(out, 0xCC, raw, 1);
        } else if (raw <= 0xFFFFU) {
            pack_big_endian(out, 0xCD, raw, 2);
        } else if (raw <= 0xFFFFFFFFU) {
            pack_big_endian(out, 0xCE, raw, 4);
        } else {
            pack_big_endian(out, 0xCF, raw, 8);
        }
    } else if (value >= -32) {
        out.push_back(static_cast<char>(value));
    } else if (value >= INT8_MIN) {
        pack_big_endian(out, 0xD0, raw, 1);
    } else if (value >= INT16_MIN) {
        pack_big_endian(out, 0xD1, raw, 2);
    } else if (value >= INT32_MIN) {
        pack_big_endian(out, 0xD2, raw, 4);
    } else {
        pack_big_endian(out, 0xD3, raw, 8);
    }
}

bool pack(std::string& out, const KeyValue& value) {
    if (!value.text) {
        out.push_back('\xC0');
        return true;
    }
    switch (value.type) {
        case SqlType::integer:
        case SqlType::unsigned_integer: {
            std::int64_t number = 0;
            std::from_chars(value.text->data(), value.text->data() + value.text->size(), number);
            pack_integer(out, number);
            return true;
        }
        case SqlType::text: out += *value.text; return true;
        case SqlType::boolean:
            out.push_back(*value.text == "t" || *value.text == "true" ? '\xC3' : '\xC2');
            return true;
        default: return false;
    }
}

std::uint32_t rotate(std::uint32_t value, unsigned by) noexcept { return (value << by) | (value >> (32U - by)); }

/// MurmurHash3_x86_32.
std::uint32_t murmur3(std::string_view data, std::uint32_t seed) noexcept {
    constexpr std::uint32_t c1 = 0xCC9E2D51U;
    constexpr std::uint32_t c2 = 0x1B873593U;
    const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(data[at])); };
    std::uint32_t hash = seed;
    std::size_t at = 0;
    for (; at + 4 <= data.size(); at += 4) {
        const std::uint32_t block = byte(at) | byte(at + 1) << 8U | byte(at + 2) << 16U | byte(at + 3) << 24U;
        hash = rotate(hash ^ rotate(block * c1, 15) * c2, 13) * 5U + 0xE6546B64U;
    }
    std::uint32_t tail = 0;
    for (auto last = data.size(); last > at; --last) {
        tail = tail << 8U | byte(last - 1);
    }
    if (at < data.size()) {
        hash ^= rotate(tail * c1, 15) * c2;
    }
    hash ^= static_cast<std::uint32_t>(data.size());
    hash = (hash ^ hash >> 16U) * 0x85EBCA6BU;
    hash = (hash ^ hash >> 13U) * 0xC2B2AE35U;
    return hash ^ hash >> 16U;
}

}  // namespace

std::optional<std::uint64_t> bucket_of(std::span<const KeyValue> key, std::uint64_t bucket_count) {
    std::string packed;
    for (const auto& value : key) {
        if (!pack(packed, value)) {
            return std::nullopt;
        }
    }
    constexpr std::uint32_t seed = 13;
    return murmur3(packed, seed) % bucket_count + 1;
}

}  // namespace picoxx::devcluster
