// Ways to give a call up: a deadline, a stop token, Asio's cancellation, whichever of two comes first. Each says what
// is known of the statement. It makes a table "shelf" and drops it at its end.
#include <picoxx/picoxx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stop_token>
#include <string>
#include <thread>

namespace asio = boost::asio;
using namespace std::chrono_literals;

void timeouts(const std::string& dsn) {
    // [timeouts]
    picoxx::Client client{{.dsn = dsn, .timeouts = {.connect = 2s, .acquire = 1s, .statement = 10s}}};
    client.connect({.deadline = 5s});
    client.fetch(picoxx::Statement{R"(SELECT COUNT(*) FROM "shelf")"}.with({.timeout = 500ms}));
    // [timeouts]
}

void stop(picoxx::Client& client) {
    // [stop]
    std::stop_source source;
    std::thread other{[&] { source.request_stop(); }};  // a signal, a button, the end of a request
    try {
        client.execute(
            picoxx::Statement{R"(INSERT INTO "shelf" VALUES ($1::int))", 1}.with({.stop = source.get_token()}));
    } catch (const picoxx::Exception& failure) {
        if (failure.code() != picoxx::Errc::cancelled) throw;
        if (failure.effect() == picoxx::Effect::none) std::cout << "the row was not inserted\n";
        if (failure.effect() == picoxx::Effect::unknown) std::cout << "the row may be inserted, now or soon\n";
    }
    other.join();
    // [stop]
}

void signal(picoxx::Client& client) {
    asio::io_context context;
    // [signal]
    asio::cancellation_signal signal;
    client.async_execute(
        {R"(INSERT INTO "shelf" VALUES ($1::int))", 2},
        asio::bind_executor(context.get_executor(),
                            asio::bind_cancellation_slot(
                                signal.slot(), [](const std::exception_ptr& failure, const picoxx::ExecuteResult&) {
                                    std::cout << "it ended with " << to_string(picoxx::error_of(failure).code) << '\n';
                                })));
    signal.emit(asio::cancellation_type::partial);  // on the thread that runs `context`
    // [signal]
    context.run();
}

// [race]
asio::awaitable<picoxx::Rows> items(picoxx::Client& client) {
    // A coroutine takes only terminal cancellation by default, which would cost the connection.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_partial_cancellation());
    co_return co_await client.async_fetch({R"(SELECT id FROM "shelf")"});
}

asio::awaitable<void> race(picoxx::Client& client) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer{co_await asio::this_coro::executor, 500ms};
    const auto first = co_await (items(client) || timer.async_wait(asio::use_awaitable));
    if (first.index() == 0) std::cout << std::get<0>(first).size() << " items\n";
}
// [race]

void run(const std::string& dsn) {
    picoxx::Client client{dsn};
    client.connect();
    client.execute(R"(CREATE TABLE "shelf" (id INTEGER NOT NULL, PRIMARY KEY (id))
                      USING memtx DISTRIBUTED BY (id) OPTION (TIMEOUT = 3.0))");
    timeouts(dsn);
    stop(client);
    signal(client);
    asio::io_context context;
    asio::co_spawn(context, race(client), [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
    });
    context.run();
    client.execute(R"(DROP TABLE "shelf" OPTION (TIMEOUT = 3.0))");
}
