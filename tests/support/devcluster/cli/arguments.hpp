#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// The words after a command's name. Errors: std::runtime_error that says what is missing or wrong.
class Arguments {
public:
    explicit Arguments(std::string_view text) : rest_{text} {}

    [[nodiscard]] std::string word(std::string_view what);
    [[nodiscard]] std::uint64_t number(std::string_view what);
    /// The value of `NAME=VALUE`, if that is the next word.
    [[nodiscard]] std::optional<std::string> option(std::string_view name);
    [[nodiscard]] std::string_view rest() const;
    void expect_end() const;

private:
    std::string_view rest_;
};

/// @throw std::runtime_error
[[nodiscard]] std::uint64_t read_number(std::string_view what, std::string_view text);

}  // namespace picoxx::devcluster
