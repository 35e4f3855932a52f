#include "faces.hpp"

#include <picoxx/picoxx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <libpq-fe.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <utility>

namespace picoxx::benchmark {
namespace {

namespace asio = boost::asio;

constexpr const char* sql = "select $1::int8";

void check(std::int64_t answered, std::int64_t asked) {
    if (answered != asked) throw std::runtime_error{"the server answered another number"};
}

/// Libpq's, without what PostgreSQL would refuse the first connection over: a refused connection leaves holes in the
/// heap, and then libpq's own allocations cost up to 260 instructions more for good, by chance of where they lie.
class PlainTransport final : public Transport {
public:
    Result<std::unique_ptr<Session>> open(const ConnectOptions& options) noexcept override {
        ConnectOptions plain = options;
        plain.wished_server_options.clear();
        return libpq_->open(plain);
    }

private:
    std::shared_ptr<Transport> libpq_ = libpq_transport();
};

Components parts() {
    Components parts = default_components();
    parts.transport = std::make_shared<PlainTransport>();
    return parts;
}

ClientOptions options(const std::string& dsn) { return {.dsn = dsn, .pool_size = 1, .enable_discovery = false}; }

/// What a careful user of libpq writes.
class LibpqFace final : public Face {
public:
    explicit LibpqFace(const std::string& dsn) : connection_{PQconnectdb(dsn.c_str()), PQfinish} {
        if (PQstatus(connection_.get()) != CONNECTION_OK) fail();
        const Result prepared{PQprepare(connection_.get(), name, sql, 0, nullptr), PQclear};
        if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) fail();
    }

    void run(std::size_t requests) override {
        for (std::size_t i = 0; i < requests; ++i) {
            ++asked_;
            check(request(asked_), asked_);
        }
    }

private:
    using Result = std::unique_ptr<PGresult, void (*)(PGresult*)>;
    static constexpr const char* name = "request";

    std::int64_t request(std::int64_t value) {
        const std::uint64_t sent = __builtin_bswap64(static_cast<std::uint64_t>(value));
        const char* const values[]{reinterpret_cast<const char*>(&sent)};
        const int lengths[]{sizeof sent};
        const int formats[]{1};
        const Result result{PQexecPrepared(connection_.get(), name, 1, values, lengths, formats, 1), PQclear};
        if (PQresultStatus(result.get()) != PGRES_TUPLES_OK || PQntuples(result.get()) != 1 ||
            PQgetlength(result.get(), 0, 0) != sizeof sent) {
            fail();
        }
        std::uint64_t received = 0;
        __builtin_memcpy(&received, PQgetvalue(result.get(), 0, 0), sizeof received);
        return static_cast<std::int64_t>(__builtin_bswap64(received));
    }

    [[noreturn]] void fail() const { throw std::runtime_error{PQerrorMessage(connection_.get())}; }

    std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
    std::int64_t asked_ = 0;
};

class SynchronousFace final : public Face {
public:
    explicit SynchronousFace(const std::string& dsn) : client_{options(dsn), parts()} {}

    void run(std::size_t requests) override {
        for (std::size_t i = 0; i < requests; ++i) {
            const Rows rows = client_.fetch(sql, ++asked_);
            check(rows.front().get<std::int64_t>(0), asked_);
        }
    }

private:
    Client client_;
    std::int64_t asked_ = 0;
};

/// On the client's own thread: each callback makes the next request.
class CallbackFace final : public Face {
public:
    explicit CallbackFace(const std::string& dsn) : client_{options(dsn), parts()} {}

    void run(std::size_t requests) override {
        left_ = requests;
        request();
        done_.acquire();
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }

private:
    void request() {
        client_.async_fetch({sql, ++asked_}, [this](const std::exception_ptr& failure, const Rows& rows) {
            try {
                if (failure) std::rethrow_exception(failure);
                check(rows.front().get<std::int64_t>(0), asked_);
            } catch (...) {
                failure_ = std::current_exception();
                left_ = 1;
            }
            if (--left_ == 0) {
                done_.release();
            } else {
                request();
            }
        });
    }

    std::binary_semaphore done_{0};
    std::size_t left_ = 0;
    std::exception_ptr failure_;
    std::int64_t asked_ = 0;
    Client client_;
};

/// On the caller's own event loop and thread.
class CoroutineFace final : public Face {
public:
    explicit CoroutineFace(const std::string& dsn) : client_{loop_.get_executor(), options(dsn), parts()} {}

    void run(std::size_t requests) override {
        std::exception_ptr failure;
        asio::co_spawn(loop_, ask(requests), [&](std::exception_ptr thrown) {
            failure = std::move(thrown);
            loop_.stop();
        });
        loop_.restart();
        loop_.run();
        if (failure) std::rethrow_exception(failure);
    }

private:
    asio::awaitable<void> ask(std::size_t requests) {
        for (std::size_t i = 0; i < requests; ++i) {
            const Rows rows = co_await client_.async_fetch({sql, ++asked_});
            check(rows.front().get<std::int64_t>(0), asked_);
        }
    }

    asio::io_context loop_;
    Client client_;
    std::int64_t asked_ = 0;
};

}  // namespace

std::unique_ptr<Face> make_face(std::string_view name, const std::string& dsn) {
    if (name == "libpq") return std::make_unique<LibpqFace>(dsn);
    if (name == "synchronous") return std::make_unique<SynchronousFace>(dsn);
    if (name == "callback") return std::make_unique<CallbackFace>(dsn);
    if (name == "coroutine") return std::make_unique<CoroutineFace>(dsn);
    throw std::runtime_error{"there is no face " + std::string{name}};
}

}  // namespace picoxx::benchmark
