#include "tls_reads.hpp"

#include <algorithm>
#include <atomic>

#include <dlfcn.h>

namespace {

constexpr int few_bytes = 100;

std::atomic<bool> reads_are_small = false;
std::atomic<std::size_t> times_left = 0;

template <class Function>
Function openssls(const char* name) noexcept {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

picoxx::testing::SmallTlsReads::SmallTlsReads() noexcept {
    times_left = 0;
    reads_are_small = true;
}

picoxx::testing::SmallTlsReads::~SmallTlsReads() { reads_are_small = false; }

std::size_t picoxx::testing::SmallTlsReads::left_something() const noexcept { return times_left; }

// The program's own definition comes before OpenSSL's, for libpq too.
extern "C" __attribute__((visibility("default"))) int SSL_read(void* ssl, void* bytes, int size) {
    static const auto read = openssls<int (*)(void*, void*, int)>("SSL_read");
    static const auto pending = openssls<int (*)(const void*)>("SSL_pending");
    if (!reads_are_small || size == pending(ssl)) return read(ssl, bytes, size);
    const int count = read(ssl, bytes, std::min(size, few_bytes));
    if (pending(ssl) > 0) ++times_left;
    return count;
}
