#pragma once

#include <libpq-fe.h>

namespace picoxx::libpq {

/// Bytes of the peer that OpenSSL has decrypted and libpq has not taken. libpq reads as much as its buffer has room for
/// and may leave the rest of a TLS record there (15.18 does, 15.20 does not). 0 without TLS, and where libpq's OpenSSL
/// cannot be asked.
[[nodiscard]] int decrypted_bytes(PGconn* connection) noexcept;

}  // namespace picoxx::libpq
