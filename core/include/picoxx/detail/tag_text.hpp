#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace picoxx::detail {

/// A command tag such as `INSERT 0 1`, kept where it is: it moves with results many times and must cost nothing there.
/// The protocol's tags are shorter than the 63 characters that libpq keeps; what is longer is cut.
class TagText {
public:
    // Leaves the characters as they are; not defaulted, so that a constant may be made.
    TagText() noexcept {}  // NOLINT(modernize-use-equals-default)
    explicit TagText(std::string_view text) noexcept
        : size_{static_cast<std::uint8_t>(std::min(text.size(), capacity))} {
        std::copy_n(text.begin(), size_, characters_.begin());
    }

    [[nodiscard]] std::string_view view() const noexcept { return {characters_.data(), size_}; }

private:
    static constexpr std::size_t capacity = 63;

    std::uint8_t size_ = 0;
    std::array<char, capacity> characters_;  // only the first `size_` are set
};

}  // namespace picoxx::detail
