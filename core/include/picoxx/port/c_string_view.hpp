#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace picoxx {

/// A view of text that is followed by a NUL byte, so that an adapter over a C library copies nothing.
/// Lifetime: that of the text it was made from.
class CStringView {
public:
    constexpr CStringView() noexcept = default;
    /// A null pointer is kept, not followed: `is_null`.
    constexpr CStringView(const char* text) noexcept  // NOLINT(google-explicit-constructor)
        : text_{text == nullptr ? std::string_view{} : std::string_view{text}} {}
    CStringView(std::nullptr_t) = delete;
    CStringView(const std::string& text) noexcept : text_{text} {}  // NOLINT(google-explicit-constructor)

    /// @pre `text.data()[text.size()] == '\0'`
    [[nodiscard]] static constexpr CStringView from_terminated(std::string_view text) noexcept {
        CStringView view;
        view.text_ = text;
        return view;
    }

    /// It was made from a null pointer: there is no text, and `c_str` is null.
    [[nodiscard]] constexpr bool is_null() const noexcept { return text_.data() == nullptr; }
    [[nodiscard]] constexpr const char* c_str() const noexcept { return text_.data(); }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return text_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return text_.size(); }
    [[nodiscard]] constexpr bool empty() const noexcept { return text_.empty(); }
    constexpr operator std::string_view() const noexcept { return text_; }  // NOLINT(google-explicit-constructor)

private:
    std::string_view text_{""};
};

}  // namespace picoxx
