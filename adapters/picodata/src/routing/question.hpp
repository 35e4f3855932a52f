#pragma once

#include <picoxx/port/command.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace picoxx {

/// An execution that the server is to explain: the text, and a copy of its parameters.
class RoutingQuestion {
public:
    /// Whether they are few and small enough to be kept.
    [[nodiscard]] static bool may_be_kept(std::span<const Parameter> parameters) noexcept;

    /// `statement` is the number of the text. @pre may_be_kept(parameters)
    RoutingQuestion(std::uint64_t statement, CStringView sql, std::span<const Parameter> parameters);
    RoutingQuestion(RoutingQuestion&&) noexcept = default;
    RoutingQuestion& operator=(RoutingQuestion&&) noexcept = default;
    ~RoutingQuestion() = default;

    [[nodiscard]] std::uint64_t statement() const noexcept { return statement_; }
    [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
    /// Lifetime: that of the question; moving it keeps them.
    [[nodiscard]] std::span<const Parameter> parameters() const noexcept { return parameters_; }

private:
    std::uint64_t statement_ = 0;
    std::string sql_;
    std::vector<Parameter> parameters_;
    std::vector<std::byte> bytes_;  // that the parameters point into
};

}  // namespace picoxx
