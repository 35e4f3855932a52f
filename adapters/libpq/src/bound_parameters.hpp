#pragma once

#include <picoxx/port/command.hpp>
#include <picoxx/port/oid.hpp>
#include <picoxx/port/result.hpp>

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace picoxx::libpq {

/// Parameters as the arrays libpq wants. Keeps its capacity, so that a session allocates nothing for them in steady
/// state.
class BoundParameters {
public:
    static constexpr std::size_t max_count = 65'535;  ///< The protocol counts them in 16 bits.

    /// Libpq keeps messages in a buffer whose size is an int, with others before and behind.
    static constexpr std::size_t max_bytes = std::numeric_limits<int>::max() - 64 * 1024;

    /// Takes the values of an execution: points into `parameters`, valid until they change or the next call.
    /// `statement_bytes` go into the same messages. Refuses what libpq could not send. Throws std::bad_alloc.
    [[nodiscard]] Status bind(std::span<const Parameter> parameters, std::size_t statement_bytes);
    /// The same for a prepare, which needs only the types.
    [[nodiscard]] Status bind_types(std::span<const Parameter> parameters, std::size_t statement_bytes);

    /// About what the messages take.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] int count() const noexcept { return static_cast<int>(types_.size()); }
    [[nodiscard]] const Oid* types() const noexcept { return types_.data(); }
    [[nodiscard]] const char* const* values() const noexcept { return values_.data(); }
    [[nodiscard]] const int* lengths() const noexcept { return lengths_.data(); }
    [[nodiscard]] const int* formats() const noexcept { return formats_.data(); }

private:
    [[nodiscard]] Status begin(std::size_t count, std::size_t statement_bytes);

    std::vector<Oid> types_;
    std::vector<const char*> values_;
    std::vector<int> lengths_;
    std::vector<int> formats_;
    std::size_t bytes_ = 0;
};

}  // namespace picoxx::libpq
