#pragma once

#include <picoxx/port/topology.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace picoxx {

/// What a cell of `current_state` or `target_state` says.
struct InstanceState {
    std::string
        variant;  ///< Online, Offline, Expelled, or a word not known yet; empty where the cell was not understood.
    std::uint64_t incarnation = 0;
};

/// Reads `["Online",5]` and the older `{"Online":5}`.
[[nodiscard]] InstanceState parse_state(std::string_view json) noexcept;

[[nodiscard]] Availability availability_of(const InstanceState& current, const InstanceState& target) noexcept;

/// Reads `{"DC":"DC1","RACK":"7"}` as `DC=DC1,RACK=7`; empty for anything else.
[[nodiscard]] std::string parse_failure_domain(std::string_view json) noexcept;

}  // namespace picoxx
