#include "decrypted_bytes.hpp"

#include <dlfcn.h>

namespace picoxx::libpq {
namespace {

using PendingFunction = int (*)(const void* ssl);

// Asked of libpq's own dependencies: another OpenSSL that the program may hold must not be given this one's objects.
PendingFunction find_pending_function() noexcept {
    Dl_info libpq{};
    if (dladdr(reinterpret_cast<const void*>(&PQconsumeInput), &libpq) == 0) return nullptr;
    void* library = dlopen(libpq.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) library = RTLD_DEFAULT;  // the program itself: its libraries' symbols are libpq's, too
    return reinterpret_cast<PendingFunction>(dlsym(library, "SSL_pending"));
}

}  // namespace

int decrypted_bytes(PGconn* connection) noexcept {
    static const PendingFunction pending = find_pending_function();
    if (pending == nullptr) return 0;
    const void* const ssl = PQsslStruct(connection, "OpenSSL");
    return ssl == nullptr ? 0 : pending(ssl);
}

}  // namespace picoxx::libpq
