// The bucket of a key, in the plainest way: all bytes first, then the hash over them.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::naive {

using Bytes = std::string;

inline Bytes big_endian(std::uint64_t value, int size) {
    Bytes bytes;
    for (int i = size - 1; i >= 0; --i) bytes.push_back(static_cast<char>((value >> (8 * i)) & 255));
    return bytes;
}

inline Bytes integer(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= 0) {
        if (value < 128) return big_endian(bits, 1);
        if (value < 256) return "\xcc" + big_endian(bits, 1);
        if (value < 65536) return "\xcd" + big_endian(bits, 2);
        if (value < 4294967296) return "\xce" + big_endian(bits, 4);
        return "\xcf" + big_endian(bits, 8);
    }
    if (value >= -32) return big_endian(bits, 1);
    if (value >= -128) return "\xd0" + big_endian(bits, 1);
    if (value >= -32768) return "\xd1" + big_endian(bits, 2);
    if (value >= -2147483648LL) return "\xd2" + big_endian(bits, 4);
    return "\xd3" + big_endian(bits, 8);
}

inline Bytes text(std::string_view value) { return Bytes{value}; }
inline Bytes boolean(bool value) { return value ? "\xc3" : "\xc2"; }
inline Bytes null() { return "\xc0"; }

inline Bytes bits_of(double value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return big_endian(bits, 8);
}
inline Bytes tagged_double(double value) { return "\xcb" + bits_of(value); }
inline Bytes number(double value) {
    if (std::isnan(value) || std::isinf(value) || std::floor(value) != value) return bits_of(value);
    if (value >= 18446744073709551616.0 || value < -9223372036854775808.0) return bits_of(value);
    if (value >= 9223372036854775808.0) return "\xcf" + big_endian(static_cast<std::uint64_t>(value), 8);
    return integer(static_cast<std::int64_t>(value));
}

inline Bytes extension(char kind, const Bytes& payload) {
    Bytes head;
    switch (payload.size()) {
        case 1: head = "\xd4"; break;
        case 2: head = "\xd5"; break;
        case 4: head = "\xd6"; break;
        case 8: head = "\xd7"; break;
        case 16: head = "\xd8"; break;
        default: head = Bytes{"\xc7"} + static_cast<char>(payload.size());
    }
    return head + kind + payload;
}

/// `digits` without a point, `scale` of them behind it.
inline Bytes decimal(std::string digits, int scale, bool is_negative) {
    while (digits.size() > 1 && digits.front() == '0') digits.erase(digits.begin());
    digits += is_negative ? 'd' : 'c';
    if (digits.size() % 2 != 0) digits = '0' + digits;
    Bytes packed = integer(scale);
    for (std::size_t i = 0; i < digits.size(); i += 2)
        packed.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    return extension(1, packed);
}

inline std::uint32_t murmur(const Bytes& key) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(key[i])); };
    const auto turned = [](std::uint32_t word, int bits) { return (word << bits) | (word >> (32 - bits)); };
    std::uint32_t hash = 13;
    std::size_t i = 0;
    for (; i + 4 <= key.size(); i += 4) {
        std::uint32_t word = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
        word = turned(word * 0xcc9e2d51, 15) * 0x1b873593;
        hash = turned(hash ^ word, 13) * 5 + 0xe6546b64;
    }
    std::uint32_t tail = 0;
    for (std::size_t left = key.size(); left > i; --left) tail = tail << 8 | byte(left - 1);
    if (i < key.size()) hash ^= turned(tail * 0xcc9e2d51, 15) * 0x1b873593;
    hash ^= static_cast<std::uint32_t>(key.size());
    hash ^= hash >> 16;
    hash *= 0x85ebca6b;
    hash ^= hash >> 13;
    hash *= 0xc2b2ae35;
    return hash ^ hash >> 16;
}

inline std::uint32_t bucket(const std::vector<Bytes>& columns, std::uint32_t count) {
    Bytes key;
    for (const Bytes& column : columns) key += column;
    return murmur(key) % count + 1;
}

}  // namespace picoxx::naive
