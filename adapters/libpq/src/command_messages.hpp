#pragma once

#include "bound_parameters.hpp"

#include <picoxx/port/command.hpp>
#include <picoxx/port/error.hpp>

#include <libpq-fe.h>

#include <cstddef>
#include <optional>

namespace picoxx::libpq {

/// Why a command cannot be sent by libpq; checked before anything is. Throws std::bad_alloc.
[[nodiscard]] std::optional<Error> find_refused(const Command& command);

/// Roughly what a command takes in libpq's buffer.
[[nodiscard]] std::size_t size_of(const Command& command) noexcept;

/// Hands a command's messages to libpq, without the Sync of pipeline mode. `parameters` is only lent. False: libpq refused; nothing
/// that could execute was sent, but half a command may be. Throws std::bad_alloc before anything is sent.
/// @pre find_refused(command) found nothing
[[nodiscard]] bool send_messages(PGconn* connection, const Command& command, BoundParameters& parameters);

/// The Sync of pipeline mode; libpq may still hold it.
[[nodiscard]] bool send_sync(PGconn* connection) noexcept;

}  // namespace picoxx::libpq
