#include <picoxx/parameters.hpp>

#include <bit>
#include <cstring>

namespace picoxx {
namespace {

constexpr std::array<std::byte, 1> terminator{};

std::array<std::byte, 8> big_endian(std::uint64_t value) noexcept {
    if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
    return std::bit_cast<std::array<std::byte, 8>>(value);
}

}  // namespace

void Parameters::add_bool(bool value) {
    const std::array byte{static_cast<std::byte>(value ? 1 : 0)};
    append(oid::boolean, Format::binary, byte);
}

void Parameters::add_int64(std::int64_t value) { push_fixed(oid::int8, big_endian(static_cast<std::uint64_t>(value))); }

void Parameters::add_double(double value) { push_fixed(oid::float8, big_endian(std::bit_cast<std::uint64_t>(value))); }

void Parameters::add_text(std::string_view value) {
    // Text with a NUL inside would end there in a C library: as binary it arrives whole, and has to be declared then.
    const bool plain = value.find('\0') == std::string_view::npos;
    const auto bytes = std::as_bytes(std::span{value.data(), value.size()});
    append(plain ? oid::inferred : oid::text, plain ? Format::text : Format::binary, bytes);
    bytes_.append(terminator);  // a C library may look for it
}

void Parameters::add_null(Oid type) { push(Entry{type, Format::binary, -1, 0}); }

void Parameters::push_fixed(Oid type, const std::array<std::byte, 8>& bytes) {
    push(Entry{type, Format::binary, 8, static_cast<std::uint32_t>(bytes_.size())});
    bytes_.append_fixed(bytes);
}

void Parameters::append(Oid type, Format format, std::span<const std::byte> bytes) {
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
        refuse("is larger than 2147483647 bytes");
        bytes = {};
    }
    if (bytes_.size() + bytes.size() >= std::numeric_limits<std::uint32_t>::max()) {
        refuse("makes all values together larger than 4294967295 bytes");
        return push(Entry{type, format, -1, 0});
    }
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    bytes_.append(bytes);
    push(Entry{type, format, static_cast<std::int32_t>(bytes.size()), offset});
}

void Parameters::push(const Entry& entry) {
    if (count_ < inline_entries) {
        entries_[count_] = entry;
    } else {
        more_entries_.push_back(entry);
    }
    ++count_;
}

void Parameters::refuse(std::string_view why) {
    if (error_ != nullptr) return;
    error_ = std::make_shared<Error>(
        make_error(Errc::invalid_argument, "parameter $" + std::to_string(count_ + 1) + ' ' + std::string{why}));
}

}  // namespace picoxx
