#pragma once

#include <libpq-fe.h>

#include <memory>

namespace picoxx::libpq {

struct FinishConnection {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
struct ClearResult {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

using ConnectionHandle = std::unique_ptr<PGconn, FinishConnection>;
using ResultHandle = std::unique_ptr<PGresult, ClearResult>;
using OptionList = std::unique_ptr<PQconninfoOption, FreeOptions>;

}  // namespace picoxx::libpq
