// Parts of one's own: a strategy and a log sink, and an executor of many threads that does the client's work.
#include <picoxx/picoxx.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <cstddef>
#include <iostream>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>

namespace asio = boost::asio;

// [strategy]
// The node of the own zone that answers fastest; where there is none, any node.
class NearestNode final : public picoxx::BalanceStrategy {
public:
    explicit NearestNode(std::string zone) : zone_{std::move(zone)} {}

    std::size_t pick(std::span<const picoxx::Candidate> candidates,
                     const picoxx::PickContext& context) noexcept override {
        std::size_t best = npos;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (candidates[i].zone != zone_) continue;
            if (best == npos || candidates[i].latency < candidates[best].latency) best = i;
        }
        return best != npos ? best : static_cast<std::size_t>(context.random % candidates.size());
    }

private:
    const std::string zone_;
};
// [strategy]

// [sink]
class ConsoleLog final : public picoxx::LogSink {
public:
    [[nodiscard]] picoxx::LogLevel level() const noexcept override { return picoxx::LogLevel::warning; }

    void write(const picoxx::LogRecord& record) noexcept override {
        try {
            const std::lock_guard lock{mutex_};
            std::clog << record.component << ' ' << record.node << ": " << record.message << '\n';
        } catch (...) {
            // A log that cannot be written must not disturb the statement it tells of.
        }
    }

private:
    std::mutex mutex_;
};
// [sink]

asio::awaitable<void> work(picoxx::Client& client) {
    const picoxx::Rows rows = co_await client.async_fetch({"SELECT $1::int", 1});
    std::cout << "read " << rows.size() << " row\n";
}

void run(const std::string& dsn) {
    // [use]
    asio::thread_pool threads{2};
    {
        picoxx::Client client{threads.get_executor(),
                              {.dsn = dsn,
                               .balance_strategy = std::make_shared<NearestNode>("DC=1"),
                               .log = std::make_shared<ConsoleLog>()}};
        asio::co_spawn(threads, work(client), asio::use_future).get();
    }  // the client goes before its executor
    threads.join();
    // [use]
}
