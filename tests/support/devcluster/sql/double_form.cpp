#include "double_form.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace picoxx::devcluster {
namespace {

double parse(std::string_view text) {
    if (text == "NaN") {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (text == "Infinity" || text == "-Infinity") {
        return text.front() == '-' ? -HUGE_VAL : HUGE_VAL;
    }
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec == std::errc::result_out_of_range) {
        return text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos ? 0.0
               : text.front() == '-'                                                                  ? -HUGE_VAL
                                                                                                      : HUGE_VAL;
    }
    return value;
}

std::string shortest(double value, std::chars_format format) {
    std::array<char, 400> buffer{};
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
    return {buffer.data(), written.ptr};
}

}  // namespace

std::optional<std::string> altered_double(std::string_view text) {
    const double value = parse(text);
    if (std::isnan(value)) {
        return std::nullopt;
    }
    if (std::isinf(value)) {
        return value < 0 ? "-Infinity" : "Infinity";
    }
    constexpr double widest = 9223372036854775808.0;
    if (std::fabs(value) >= widest) {
        return shortest(value < 0 ? -widest : widest, std::chars_format::scientific);
    }
    if (value == 0 || (std::isnormal(value) && std::fabs(value) < std::numeric_limits<double>::epsilon())) {
        return "0";
    }
    return shortest(value, std::chars_format::scientific);
}

std::string format_double(std::string_view text) {
    const double value = parse(text);
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value < 0 ? "-inf" : "inf";
    }
    if (value == 0) {
        return "0";
    }
    // Where the point is plain and where it is not is ryu's choice.
    const double magnitude = std::fabs(value);
    if (magnitude >= 1e-5 && magnitude < 1e16) {
        auto plain = shortest(value, std::chars_format::fixed);
        return plain.find('.') == std::string::npos ? plain + ".0" : plain;
    }
    auto scientific = shortest(value, std::chars_format::scientific);
    const auto exponent = scientific.find('e');
    auto power = scientific.substr(exponent + 1);
    const bool negative = power.starts_with('-');
    power.erase(0, power.find_first_not_of("+-0"));
    return scientific.substr(0, exponent) + (negative ? "e-" : "e") + power;
}

std::string truncated(std::string_view text) {
    if (text.find_first_of("eE") != std::string_view::npos) {
        auto whole = shortest(std::trunc(parse(text)), std::chars_format::fixed);
        return whole == "-0" ? "0" : whole;
    }
    auto whole = text.substr(0, text.find('.'));
    return whole.empty() || whole == "-" || whole == "+" ? "0" : std::string{whole};
}

}  // namespace picoxx::devcluster
