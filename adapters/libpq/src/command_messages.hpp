#pragma once

#include "bound_parameters.hpp"

#include <picoxx/port/command.hpp>
#include <picoxx/port/result.hpp>

#include <libpq-fe.h>

namespace picoxx::libpq {

/// Takes a command's parameters; refuses a command that libpq cannot send. Throws std::bad_alloc.
[[nodiscard]] Status bind(const Command& command, BoundParameters& parameters);

/// Hands a command's messages to libpq, without the Sync of pipeline mode. False: libpq refused; nothing that could
/// execute was sent, but half a command may be. Throws std::bad_alloc before anything is sent.
/// @pre the last `bind` of `parameters` was for this command, and found nothing wrong
[[nodiscard]] bool send_messages(PGconn* connection, const Command& command, const BoundParameters& parameters);

/// The Sync of pipeline mode; libpq may still hold it.
[[nodiscard]] bool send_sync(PGconn* connection) noexcept;

}  // namespace picoxx::libpq
