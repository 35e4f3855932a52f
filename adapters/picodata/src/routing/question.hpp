#pragma once

#include <picoxx/port/command.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace picoxx {

/// An execution that the server is to explain: the text, and a copy of its parameters.
class RoutingQuestion {
public:
    static constexpr std::size_t most_parameters = 256;
    static constexpr std::size_t most_bytes = 16'384;

    /// @return nothing where the parameters are too many or too large to be kept
    [[nodiscard]] static std::optional<RoutingQuestion> about(std::uint64_t statement, CStringView sql,
                                                              std::span<const Parameter> parameters);

    RoutingQuestion(RoutingQuestion&&) noexcept = default;
    RoutingQuestion& operator=(RoutingQuestion&&) noexcept = default;
    ~RoutingQuestion() = default;

    /// The number of the statement, and its text.
    [[nodiscard]] std::uint64_t statement() const noexcept { return statement_; }
    [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
    /// Lifetime: that of the question; moving it keeps them.
    [[nodiscard]] std::span<const Parameter> parameters() const noexcept { return parameters_; }

private:
    RoutingQuestion() = default;

    std::uint64_t statement_ = 0;
    std::string sql_;
    std::vector<Parameter> parameters_;
    std::vector<std::byte> bytes_;  // that the parameters point into
};

}  // namespace picoxx
