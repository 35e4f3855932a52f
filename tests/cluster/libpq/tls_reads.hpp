#pragma once

#include <cstddef>

namespace picoxx::testing {

/// While it lives, libpq takes a few bytes at a time of what OpenSSL has decrypted: the rest of each TLS record stays
/// there, where no poll(2) sees it. libpq does so by itself where its buffer is full (15.18), which no test can ask
/// for. Where it wants exactly the rest it gets it: so do versions that leave nothing behind.
class SmallTlsReads {
public:
    SmallTlsReads() noexcept;
    ~SmallTlsReads();
    SmallTlsReads(const SmallTlsReads&) = delete;
    SmallTlsReads& operator=(const SmallTlsReads&) = delete;

    /// How often something was left in OpenSSL so far.
    [[nodiscard]] std::size_t left_something() const noexcept;
};

}  // namespace picoxx::testing
