#pragma once

#include "sql/sql_engine.hpp"
#include "wire/message_reader.hpp"

#include <optional>

namespace picoxx::devcluster {

/// User and options a StartupMessage asks for; instance members are left empty. None where Picodata closes the
/// connection without a byte: no user, an item of `options` without `=`, a bad value of a known key.
[[nodiscard]] std::optional<SessionSettings> read_startup(const StartupMessage& message);

}  // namespace picoxx::devcluster
