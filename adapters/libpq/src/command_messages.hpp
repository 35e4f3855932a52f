#pragma once

#include "bound_parameters.hpp"

#include <picoxx/port/command.hpp>
#include <picoxx/port/error.hpp>
#include <picoxx/port/result.hpp>

#include <libpq-fe.h>

#include <cstddef>

namespace picoxx::libpq {

/// Why a command cannot be sent by libpq; checked before anything is. Throws std::bad_alloc.
[[nodiscard]] Status check(const Command& command);

/// Roughly what a command takes in libpq's buffer.
[[nodiscard]] std::size_t size_of(const Command& command) noexcept;

/// Hands a command's messages to libpq, without the Sync of pipeline mode. `parameters` is only lent. False: libpq refused; nothing
/// that could execute was sent, but half a command may be. Throws std::bad_alloc before anything is sent.
/// @pre check(command) found nothing wrong
[[nodiscard]] bool send_messages(PGconn* connection, const Command& command, BoundParameters& parameters);

/// The Sync of pipeline mode; libpq may still hold it.
[[nodiscard]] bool send_sync(PGconn* connection) noexcept;

}  // namespace picoxx::libpq
