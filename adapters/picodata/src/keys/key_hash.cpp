#include <picoxx/picodata/bucket_id.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace picoxx {
namespace {

constexpr std::uint32_t mixed(std::uint32_t word) noexcept { return std::rotl(word * 0xcc9e2d51U, 15) * 0x1b873593U; }

constexpr std::uint32_t taken_in(std::uint32_t hash, std::uint32_t word) noexcept {
    return std::rotl(hash ^ mixed(word), 13) * 5 + 0xe6546b64U;
}

std::uint32_t little_endian(const unsigned char* bytes) noexcept {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap32(word);
    return word;
}

constexpr double two_to_the_63 = 9223372036854775808.0;

}  // namespace

void KeyHash::add_byte(unsigned byte) noexcept {
    carry_ |= byte << (length_ % 4 * 8);
    if (++length_ % 4 == 0) hash_ = taken_in(hash_, std::exchange(carry_, 0));
}

void KeyHash::add(const void* data, std::size_t size) noexcept {
    const auto* bytes = static_cast<const unsigned char*>(data);
    if (length_ % 4 != 0) {
        for (; size > 0 && length_ % 4 != 0; --size) add_byte(*bytes++);
    }
    length_ += static_cast<std::uint32_t>(size);
    for (; size >= 4; size -= 4, bytes += 4) hash_ = taken_in(hash_, little_endian(bytes));
    for (std::size_t i = 0; i < size; ++i) carry_ |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
}

// A MessagePack header and the lowest `size` bytes of `value`, the highest of them first.
void KeyHash::add_headed(unsigned header, std::uint64_t value, unsigned size) noexcept {
    std::array<unsigned char, 1 + sizeof value> bytes{static_cast<unsigned char>(header)};
    value <<= 8 * (sizeof value - size);
    if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
    std::memcpy(bytes.data() + 1, &value, sizeof value);
    add(bytes.data(), 1 + size);
}

void KeyHash::add_unsigned(std::uint64_t value) noexcept {
    if (value < 0x80) return add_byte(static_cast<unsigned>(value));
    if (value <= 0xff) return add_headed(0xcc, value, 1);
    if (value <= 0xffff) return add_headed(0xcd, value, 2);
    if (value <= 0xffffffff) return add_headed(0xce, value, 4);
    add_headed(0xcf, value, 8);
}

void KeyHash::add_integer(std::int64_t value) noexcept {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= 0) return add_unsigned(bits);
    if (value >= -32) return add_byte(static_cast<unsigned>(bits) & 0xffU);
    if (value >= std::numeric_limits<std::int8_t>::min()) return add_headed(0xd0, bits, 1);
    if (value >= std::numeric_limits<std::int16_t>::min()) return add_headed(0xd1, bits, 2);
    if (value >= std::numeric_limits<std::int32_t>::min()) return add_headed(0xd2, bits, 4);
    add_headed(0xd3, bits, 8);
}

void KeyHash::add_double(double value, DoubleKeys keys) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    if (keys == DoubleKeys::as_doubles) return add_headed(0xcb, bits, 8);
    const bool is_integral = std::isfinite(value) && value == std::trunc(value);
    if (is_integral && value >= -two_to_the_63 && value < two_to_the_63)
        return add_integer(static_cast<std::int64_t>(value));
    if (is_integral && value > 0 && value < 2 * two_to_the_63) return add_unsigned(static_cast<std::uint64_t>(value));
    for (unsigned byte = 8; byte-- > 0;) add_byte(static_cast<unsigned>(bits >> (8 * byte)) & 0xffU);
}

void KeyHash::add_bound_double(double value, DoubleKeys keys) noexcept {
    if (std::isnan(value)) return add_null();
    const bool is_integral = std::isfinite(value) &&
                             std::abs(value - std::trunc(value)) < std::numeric_limits<double>::epsilon();
    if (!is_integral) return add_double(value, keys);
    if (value >= two_to_the_63) return add_integer(std::numeric_limits<std::int64_t>::max());
    if (value < -two_to_the_63) return add_integer(std::numeric_limits<std::int64_t>::min());
    add_integer(static_cast<std::int64_t>(value));
}

void KeyHash::add_uuid(std::span<const std::byte, 16> value) noexcept {
    add_byte(0xd8);
    add_byte(0x02);
    add(value.data(), value.size());
}

std::uint32_t KeyHash::finish() const noexcept {
    std::uint32_t hash = hash_;
    if (length_ % 4 != 0) hash ^= mixed(carry_);
    hash ^= length_;
    hash = (hash ^ (hash >> 16U)) * 0x85ebca6bU;
    hash = (hash ^ (hash >> 13U)) * 0xc2b2ae35U;
    return hash ^ (hash >> 16U);
}

}  // namespace picoxx
