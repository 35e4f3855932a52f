#pragma once

#include "../keys/key_reading.hpp"

#include <picoxx/port/command.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace picoxx {

/// How the sharding key of the rows may be made of a statement's parameters: which ones, in the order of the key's
/// columns, and each read as what. Or a constant of the text, which gives the same bucket whatever the parameters are.
struct KeyGuess {
    struct Part {
        std::uint16_t parameter = 0;  ///< Index from 0 on.
        KeyReading reading = KeyReading::integer;
        friend bool operator==(const Part&, const Part&) = default;
    };
    static constexpr std::size_t most_parts = 4;

    std::array<Part, most_parts> parts{};
    std::uint32_t count = 0;
    std::uint32_t constant = 0;  ///< The bucket, where there are no parts.

    /// @return 0 where a parameter is not there or cannot be read so
    [[nodiscard]] std::uint32_t bucket(std::span<const Parameter> parameters,
                                       std::uint32_t bucket_count) const noexcept {
        if (count == 0) return constant;
        KeyHash hash;
        for (std::uint32_t i = 0; i < count; ++i) {
            const Part& part = parts[i];
            if (part.parameter >= parameters.size() || !add_parameter(hash, parameters[part.parameter], part.reading))
                return 0;
        }
        return hash.bucket(bucket_count);
    }
    /// The same parameters in the same order, however they are read.
    [[nodiscard]] bool has_parameters_of(const KeyGuess& other) const noexcept {
        return count == other.count &&
               std::equal(parts.begin(), parts.begin() + count, other.parts.begin(),
                          [](const Part& left, const Part& right) { return left.parameter == right.parameter; });
    }
};

}  // namespace picoxx
