// Values of a sharding key that have to be read from their text.
#include <picoxx/picodata/bucket_id.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

namespace picoxx {
namespace {

Error not_a(std::string_view what) {
    return make_error(Errc::invalid_argument, "the text of a key is no " + std::string{what});
}

bool is_digit(char letter) noexcept { return letter >= '0' && letter <= '9'; }

/// Takes text apart from its beginning on.
class Reader {
public:
    explicit Reader(std::string_view text) noexcept : left_{text} {}
    [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }
    [[nodiscard]] char peek() const noexcept { return left_.empty() ? '\0' : left_.front(); }
    bool take(char letter) noexcept {
        const bool is_it = peek() == letter && !at_end();
        if (is_it) left_.remove_prefix(1);
        return is_it;
    }
    bool take_one_of(std::string_view letters) noexcept {
        const bool is_one = !at_end() && letters.find(peek()) != std::string_view::npos;
        if (is_one) left_.remove_prefix(1);
        return is_one;
    }
    std::string_view take_digits() noexcept {
        const auto end = std::find_if_not(left_.begin(), left_.end(), &is_digit);
        const std::string_view digits = left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
        left_.remove_prefix(digits.size());
        return digits;
    }
    /// Exactly `count` digits make a number of at most `most`; -1 where they do not stand there.
    int take_number(std::size_t count, int most) noexcept {
        int number = 0;
        if (left_.size() < count) return -1;
        const auto [end, error] = std::from_chars(left_.data(), left_.data() + count, number);
        if (error != std::errc{} || end != left_.data() + count || !is_digit(peek()) || number > most) return -1;
        left_.remove_prefix(count);
        return number;
    }

private:
    std::string_view left_;
};

template <std::size_t Size>
class Bytes {
public:
    Bytes(std::array<std::byte, Size>& bytes, std::size_t& size) noexcept : bytes_{bytes}, size_{size} {}
    void push(unsigned byte) noexcept { bytes_[size_++] = static_cast<std::byte>(byte); }
    template <class Number>
    void push_little_endian(Number number) noexcept {
        for (std::size_t i = 0; i < sizeof number; ++i)
            push(static_cast<unsigned>(static_cast<std::uint64_t>(number) >> (8 * i)) & 0xffU);
    }

private:
    std::array<std::byte, Size>& bytes_;
    std::size_t& size_;
};

}  // namespace

// ------------------------------------------------------------------------------------------------------------- DECIMAL

Result<DecimalKey> DecimalKey::parse(std::string_view text) {
    constexpr std::size_t most_digits = 38;
    const auto none = [] { return not_a("decimal of at most 38 digits"); };
    Reader reader{text};
    const bool is_negative = reader.peek() == '-';
    reader.take_one_of("+-");
    const std::string_view whole = reader.take_digits();
    const std::string_view fraction = reader.take('.') ? reader.take_digits() : std::string_view{};
    if (whole.empty() && fraction.empty()) return none();
    int exponent = 0;
    if (reader.take_one_of("eE")) {
        const bool is_small = reader.peek() == '-';
        reader.take_one_of("+-");
        const std::string_view digits = reader.take_digits();
        if (digits.empty() || digits.size() > 3) return none();
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        if (is_small) exponent = -exponent;
    }
    if (!reader.at_end()) return none();

    std::array<unsigned char, most_digits> digits{};
    std::size_t count = 0;
    for (const std::string_view part : {whole, fraction}) {
        for (const char letter : part) {
            if (count == 0 && letter == '0') continue;
            if (count == most_digits) return none();
            digits[count++] = static_cast<unsigned char>(letter - '0');
        }
    }
    if (count == 0) digits[count++] = 0;
    const int scale = static_cast<int>(fraction.size()) - exponent;
    // What else the server may do with such a number was not measured.
    if (scale > static_cast<int>(most_digits) || scale < -static_cast<int>(most_digits)) return none();

    DecimalKey key;
    Bytes bytes{key.bytes_, key.size_};
    const unsigned scale_size = scale < -32 ? 2 : 1;
    const auto payload = static_cast<unsigned>(scale_size + (count + 2) / 2);
    switch (payload) {
        case 2: bytes.push(0xd5); break;
        case 4: bytes.push(0xd6); break;
        case 8: bytes.push(0xd7); break;
        case 16: bytes.push(0xd8); break;
        default: bytes.push(0xc7); bytes.push(payload);
    }
    bytes.push(0x01);
    if (scale_size == 2) bytes.push(0xd0);
    bytes.push(static_cast<unsigned>(scale) & 0xffU);
    // Two digits a byte, the sign last; an odd one stands behind a 0.
    unsigned high = 0;
    bool has_high = count % 2 == 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (has_high) bytes.push(high << 4U | digits[i]);
        has_high = !has_high;
        high = digits[i];
    }
    bytes.push(high << 4U | (is_negative ? 0xdU : 0xcU));
    return key;
}

// ------------------------------------------------------------------------------------------------------------ DATETIME

DatetimeKey::DatetimeKey(std::int64_t seconds, std::uint32_t nanoseconds, std::int16_t offset_minutes) noexcept {
    Bytes bytes{bytes_, size_};
    const bool has_tail = nanoseconds != 0 || offset_minutes != 0;
    bytes.push(has_tail ? 0xd8 : 0xd7);
    bytes.push(0x04);
    bytes.push_little_endian(seconds);
    if (!has_tail) return;
    bytes.push_little_endian(nanoseconds);
    bytes.push_little_endian(offset_minutes);
    bytes.push_little_endian(std::int16_t{0});
}

DatetimeKey DatetimeKey::of_microseconds(std::int64_t since_2000) noexcept {
    constexpr std::int64_t from_1970_to_2000 = 946'684'800;
    constexpr std::int64_t million = 1'000'000;
    std::int64_t seconds = since_2000 / million;
    std::int64_t left = since_2000 % million;
    if (left < 0) {
        --seconds;
        left += million;
    }
    return DatetimeKey{seconds + from_1970_to_2000, static_cast<std::uint32_t>(left * 1'000), 0};
}

Result<DatetimeKey> DatetimeKey::parse(std::string_view text) {
    const auto none = [] { return not_a("date and time with an offset, such as 2026-11-26 10:00:00+03:00"); };
    Reader reader{text};
    const int year = reader.take_number(4, 9999);
    const bool first_dash = reader.take('-');
    const int month = reader.take_number(2, 12);
    const bool second_dash = reader.take('-');
    const int day = reader.take_number(2, 31);
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (year < 0 || month < 0 || day < 0 || !first_dash || !second_dash || !date.ok()) return none();
    const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
    constexpr std::int64_t seconds_a_day = 86'400;
    if (reader.at_end()) return DatetimeKey{days * seconds_a_day, 0, 0};

    if (!reader.take_one_of("T ")) return none();
    const int hour = reader.take_number(2, 23);
    const bool first_colon = reader.take(':');
    const int minute = reader.take_number(2, 59);
    const bool second_colon = reader.take(':');
    const int second = reader.take_number(2, 59);
    if (hour < 0 || minute < 0 || second < 0 || !first_colon || !second_colon) return none();
    std::uint32_t nanoseconds = 0;
    if (reader.take('.')) {
        const std::string_view digits = reader.take_digits();
        if (digits.empty() || digits.size() > 9) return none();
        std::from_chars(digits.data(), digits.data() + digits.size(), nanoseconds);
        for (std::size_t i = digits.size(); i < 9; ++i) nanoseconds *= 10;
    }
    int offset = 0;
    const bool is_west = reader.peek() == '-';
    if (reader.take_one_of("+-")) {
        const int hours = reader.take_number(2, 18);
        const int minutes = reader.take(':') || !reader.at_end() ? reader.take_number(2, 59) : 0;
        if (hours < 0 || minutes < 0) return none();
        offset = hours * 60 + minutes;
        if (is_west) offset = -offset;
    } else if (!reader.take_one_of("Zz")) {
        return none();  // the server wants an offset
    }
    if (!reader.at_end()) return none();
    const std::int64_t seconds = days * seconds_a_day + hour * 3'600 + minute * 60 + second - offset * 60;
    return DatetimeKey{seconds, nanoseconds, static_cast<std::int16_t>(offset)};
}

// ---------------------------------------------------------------------------------------------------------------- UUID

Result<UuidKey> UuidKey::parse(std::string_view text) {
    const auto none = [] { return not_a("UUID"); };
    const bool has_hyphens = text.size() == 36;
    if (!has_hyphens && text.size() != 32) return none();
    std::array<std::byte, 16> bytes{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (has_hyphens && (i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return none();
        unsigned value = 0;
        const char* const begin = text.data() + at;
        const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
        if (error != std::errc{} || end != begin + 2 || *begin == '-') return none();
        bytes[i] = static_cast<std::byte>(value);
        at += 2;
    }
    return UuidKey{bytes};
}

}  // namespace picoxx
