#pragma once

#include "sim_world.hpp"

#include <cstdint>

namespace picoxx::simulation {

/// Whether a statement may have been executed that a server answers with an error.
enum class Applied : std::uint8_t { no, maybe };

struct ServerErrorCase {
    const char* sqlstate;
    const char* text;
    Applied applied;
};

/// One of the errors that Picodata was seen to answer, and of those that nobody has seen.
[[nodiscard]] const ServerErrorCase& any_server_error(World& world) noexcept;

}  // namespace picoxx::simulation
