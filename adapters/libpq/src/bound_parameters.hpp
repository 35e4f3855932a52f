#pragma once

#include <picoxx/port/command.hpp>
#include <picoxx/port/oid.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace picoxx::libpq {

/// Parameters as the arrays libpq wants. Keeps its capacity, so that a session allocates nothing for them in steady state.
class BoundParameters {
public:
    static constexpr std::size_t max_count = 65'535;  ///< The protocol counts them in 16 bits.

    /// Points into `parameters`; valid until they change or the next call. Throws std::bad_alloc.
    /// @pre each was accepted by `why_refused`
    void bind(std::span<const Parameter> parameters);

    [[nodiscard]] int count() const noexcept { return static_cast<int>(types_.size()); }
    [[nodiscard]] const Oid* types() const noexcept { return types_.data(); }
    [[nodiscard]] const char* const* values() const noexcept { return values_.data(); }
    [[nodiscard]] const int* lengths() const noexcept { return lengths_.data(); }
    [[nodiscard]] const int* formats() const noexcept { return formats_.data(); }

private:
    void resize(std::size_t count);

    std::vector<Oid> types_;
    std::vector<const char*> values_;
    std::vector<int> lengths_;
    std::vector<int> formats_;
};

/// Why libpq could not send a value; null where it can.
[[nodiscard]] const char* why_refused(const Parameter& parameter) noexcept;

}  // namespace picoxx::libpq
