// What goes wrong, and what a program then sees: one row each, against a development cluster. Every row says the code,
// the Effect, words that must be in the error, and that no password is.
#include <picoxx/picoxx.hpp>
#include <picoxx/testing/collecting_log_sink.hpp>
#include <picoxx/testing/dev_cluster.hpp>
#include <picoxx/testing/error_in.hpp>

#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using testing::DevCluster;
using testing::DevClusterOptions;
using testing::error_in;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> all_nodes{"i1", "i2", "i3"};

// The cluster of all rows. A row may do what it likes to the nodes: the next one finds them well again.
class Bench {
public:
    Bench() { cluster.run_sql("CREATE TABLE things (id INT PRIMARY KEY, name TEXT) OPTION (TIMEOUT = 3.0)"); }

    [[nodiscard]] std::string dsn() const { return cluster.dsn(); }
    [[nodiscard]] std::string address(const std::string& node) const { return cluster.node(node).address; }
    [[nodiscard]] std::string dsn_as(const std::string& login, const std::string& node = "i1") const {
        return "postgresql://" + login + '@' + address(node);
    }
    /// One node, nothing discovered, one connection.
    [[nodiscard]] Pool pool(const std::string& node = "i1") const {
        return Pool{PoolOptions{.dsn = cluster.dsn(node), .max_size = 1}};
    }
    [[nodiscard]] std::uint64_t failed_logins() const {
        std::uint64_t sum = 0;
        for (const std::string& node : all_nodes) sum += cluster.counters(node).failed_logins;
        return sum;
    }
    [[nodiscard]] std::size_t things(int id) {
        return cluster.run_sql("SELECT * FROM things WHERE id = " + std::to_string(id)).rows.size();
    }
    // The statement has begun on the node.
    void await_statement(const std::string& node, std::uint64_t before) const {
        while (cluster.counters(node).statements == before) std::this_thread::yield();
    }
    void mend() {
        for (const std::string& node : all_nodes) {
            cluster.slow(node, 0ms);
            cluster.accept_plain(node);
            try_to([&] { cluster.resume(node); });
            try_to([&] { cluster.start(node); });
        }
        cluster.run_sql("DELETE FROM things");
    }

    DevCluster cluster{DevClusterOptions{3, 1}};

private:
    // What is not paused cannot be resumed, and what runs cannot be started.
    static void try_to(const std::function<void()>& action) {
        try {
            action();
        } catch (const std::runtime_error&) {
        }
    }
};

struct Row {
    std::string name;
    std::function<Error(Bench&)> cause;
    Errc code = Errc::ok;
    std::vector<std::string> words;  // `@i1` stands for the address of i1
    Effect effect = Effect::none;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

Error made(PoolOptions options) {
    return error_in([&] { const Pool pool{std::move(options)}; });
}
Row dsn_row(std::string name, std::string dsn, std::vector<std::string> words) {
    return {std::move(name), [dsn = std::move(dsn)](Bench&) { return made({.dsn = dsn}); }, Errc::invalid_argument,
            std::move(words)};
}
Row option_row(std::string name, PoolOptions options, std::vector<std::string> words) {
    return {std::move(name),
            [options = std::move(options)](Bench& bench) {
                PoolOptions with = options;
                with.dsn = bench.dsn() + with.dsn;
                return made(std::move(with));
            },
            Errc::invalid_argument, std::move(words)};
}

std::vector<Row> construction_rows() {
    return {
        dsn_row("text_that_is_no_dsn", "localhost 4327", {"postgresql://"}),
        dsn_row("unknown_scheme", "mysql://admin:T0psecret@localhost", {"postgresql://"}),
        dsn_row("no_user", "postgresql://localhost", {"user is missing"}),
        dsn_row("port_0", "postgresql://admin:T0psecret@localhost:0", {"port", "1 to 65535"}),
        dsn_row("port_70000", "postgresql://admin:T0psecret@localhost:70000", {"port", "1 to 65535"}),
        dsn_row("bad_percent_escape", "postgresql://admin:T0p%zzsecret@localhost", {"password", "%"}),
        dsn_row("unescaped_at", "postgresql://admin:T0p@secret@localhost", {"%40"}),
        dsn_row("unescaped_slash", "postgresql://admin:T0p/secret@localhost", {"percent-escaped"}),
        dsn_row("unescaped_at_and_slash", "postgresql://admin:x@T0psecret/x@localhost", {"percent-escaped"}),
        dsn_row("unescaped_at_and_question_mark", "postgresql://admin:x@h?T0psecret=1@localhost", {"percent-escaped"}),
        dsn_row("no_host", "postgresql://admin:T0psecret@", {"host is missing"}),
        dsn_row("ipv6_without_brackets", "postgresql://admin:T0psecret@::1:4327", {"[brackets]"}),
        option_row("unknown_dsn_key", {.dsn = "/?pool_sise=3"}, {"pool_sise", "known are", "pool_size"}),
        option_row("dsn_key_out_of_range", {.dsn = "/?pool_size=0"}, {"pool_size", "1 to 100000", "\"0\""}),
        option_row("max_size_0", {.max_size = 0}, {"max_size", "1 to 100000", "it is 0"}),
        option_row("timeout_0", {.timeouts = {.acquire = 0ms}}, {"timeouts.acquire", "greater than 0", "0 ms"}),
        option_row("timeout_negative", {.timeouts = {.connect = -1ms}}, {"timeouts.connect", "-1 ms"}),
        option_row("min_above_max", {.max_size = 2, .max_per_node = 3}, {"max_per_node (3)", "max_size (2)"}),
        option_row("tls_from_two_sources",
                   {.dsn = "/?sslmode=require", .connection = {.tls = TlsOptions{.mode = TlsMode::disable}}},
                   {"TLS", "DSN", "options"}),
        option_row("unknown_sslmode", {.dsn = "/?sslmode=maybe"}, {"sslmode", "verify-full"}),
        option_row("unknown_strategy", {.balance_strategy = "sticky"}, {"sticky", "known are", "round_robin"}),
        option_row("server_option_with_comma", {.connection = {.server_options = {{"a", "1,b=2"}}}}, {"\"a\""}),
    };
}

Row row(std::string name, Errc code, std::vector<std::string> words, std::function<Error(Bench&)> cause,
        Effect effect = Effect::none) {
    return {std::move(name), std::move(cause), code, std::move(words), effect};
}

std::vector<Row> connection_rows() {
    std::vector<Row> rows;
    rows.push_back(row("nobody_listens", Errc::connect_failed, {"@i1", "refused"}, [](Bench& bench) {
        bench.cluster.kill("i1");
        return error_in([&] { bench.pool().connect(); });
    }));
    rows.push_back(row("black_hole", Errc::deadline_exceeded, {"@i1", "in time"}, [](Bench& bench) {
        bench.cluster.pause("i1");
        Pool pool{{.dsn = bench.dsn(), .timeouts = {.connect = 100ms, .statement = 5s}}};
        return error_in([&] { pool.connect({.deadline = 3s}); });
    }));
    rows.push_back(
        row("name_does_not_resolve", Errc::connect_failed, {"nowhere.invalid", "does not resolve"}, [](Bench&) {
            Pool pool{{.dsn = "postgresql://admin:T0psecret@nowhere.invalid"}};
            return error_in([&] { pool.execute("SELECT 1"); });
        }));
    rows.push_back(row("a_list_of_seeds_names_each", Errc::no_node_available, {"@i1", "@i2", "refused", "in time"},
                       [](Bench& bench) {
                           bench.cluster.kill("i1");
                           bench.cluster.pause("i2");
                           Pool pool{{.dsn = bench.dsn() + ',' + bench.address("i2"), .timeouts = {.connect = 100ms}}};
                           return error_in([&] { pool.execute("SELECT 1"); });
                       }));
    rows.push_back(row("unknown_user", Errc::authentication_failed, {"28P01", "@i1"}, [](Bench& bench) {
        Client client{bench.dsn_as("nobody:T0psecret")};
        return error_in([&] { client.connect(); });
    }));
    for (const char* mode : {"disable", "allow", "prefer", "require"}) {
        for (const bool demand : {false, true}) {
            const std::string name = std::string{"wrong_password_"} + mode + (demand ? "_tls" : "_plain");
            const bool impossible = demand ? mode == std::string{"disable"} : mode == std::string{"require"};
            if (impossible) continue;
            rows.push_back(row(name, Errc::authentication_failed, {"28P01", "@i1"}, [mode, demand](Bench& bench) {
                for (const std::string& node : all_nodes) {
                    if (demand) bench.cluster.demand_tls(node);
                }
                Client good{bench.dsn()};
                good.connect();  // so that no earlier failure counts
                const std::uint64_t before = bench.failed_logins();
                Client client{bench.dsn_as("admin:Wr0ng") + "/?sslmode=" + mode};
                const Error error = error_in([&] { client.connect(); });
                for (int i = 0; i < 3; ++i) {
                    EXPECT_EQ(error_in([&] { client.execute("SELECT 1"); }).code, Errc::authentication_failed);
                    EXPECT_EQ(error_in([&] { client.connect(); }).code, Errc::authentication_failed);
                }
                EXPECT_EQ(bench.failed_logins() - before, 1U) << "one attempt, then it is refused here";
                return error;
            }));
        }
    }
    rows.push_back(row("tls_demanded_and_off", Errc::tls_failed, {"ssl", "@i1"}, [](Bench& bench) {
        bench.cluster.demand_tls("i1");
        Pool pool{{.dsn = bench.dsn() + "/?sslmode=disable"}};
        return error_in([&] { pool.connect(); });
    }));
    rows.push_back(row("certificate_for_another_name", Errc::tls_failed, {"::ffff:127.0.0.1"}, [](Bench& bench) {
        bench.cluster.demand_tls("i1");
        const std::string file = bench.cluster.directory() + "/bad_input_root.crt";
        std::ofstream{file} << bench.cluster.certificate();
        // The same address, written so that it is not in the certificate.
        const std::string dsn = "postgresql://admin:T0psecret@[::ffff:127.0.0.1]:" +
                                std::to_string(bench.cluster.port("i1"));
        Pool pool{{.dsn = dsn + "/?sslmode=verify-full&sslrootcert=" + file}};
        return error_in([&] { pool.connect(); });
    }));
    rows.push_back(row("a_bad_server_option", Errc::connect_failed, {"server options", "@i1"}, [](Bench& bench) {
        Pool pool{{.dsn = bench.dsn(), .connection = {.server_options = {{"read_preference", "nope"}}}}};
        return error_in([&] { pool.connect(); });
    }));
    rows.push_back(row("min_ready_above_the_size", Errc::invalid_argument, {"min_ready", "size, 1", "it is 2"},
                       [](Bench& bench) { return error_in([&] { bench.pool().connect({.min_ready = 2}); }); }));
    rows.push_back(row("every_node_down", Errc::no_node_available, {"@i1", "@i2", "@i3", "refused"}, [](Bench& bench) {
        Client client{bench.dsn()};
        client.connect({.min_ready = 3});
        for (const std::string& node : all_nodes) bench.cluster.kill(node);
        // A connection used within the last millisecond is trusted without a look: each of the three may be found out
        // by a call.
        Error error;
        for (int call = 0; call < 4; ++call) {
            error = error_in([&] { client.execute("SELECT 1"); });
            if (error.code != Errc::connection_lost) break;
        }
        return error;
    }));
    return rows;
}

std::vector<Row> statement_rows() {
    std::vector<Row> rows;
    rows.push_back(row("sql_error", Errc::server_error, {"XX000", "rule parsing error", "@i1"}, [](Bench& bench) {
        Pool pool = bench.pool();
        pool.connect();
        const auto logins = bench.cluster.counters("i1").logins;
        const Error error = error_in([&] { pool.execute("SELEKT 1"); });
        EXPECT_EQ(pool.fetch("SELECT 1").size(), 1U);
        EXPECT_EQ(bench.cluster.counters("i1").logins, logins) << "the session stays";
        return error;
    }));
    rows.push_back(row(
        "sql_error_in_the_middle_of_a_write", Errc::server_error, {"Duplicate key"},
        [](Bench& bench) {
            Pool pool = bench.pool();
            return error_in([&] { pool.execute("INSERT INTO things VALUES (1, 'a'), (1, 'b')"); });
        },
        Effect::partial));
    rows.push_back(row("too_few_parameters", Errc::server_error, {"parameter"}, [](Bench& bench) {
        Pool pool = bench.pool();
        return error_in([&] { pool.execute("INSERT INTO things VALUES ($1, $2)", 1); });
    }));
    rows.push_back(row("too_many_parameters", Errc::server_error, {"parameter"}, [](Bench& bench) {
        Pool pool = bench.pool();
        return error_in([&] { pool.execute("INSERT INTO things VALUES ($1, $2)", 1, "a", 3); });
    }));
    rows.push_back(row("a_value_out_of_range", Errc::invalid_argument, {"$1", "9223372036854775807"}, [](Bench& bench) {
        Pool pool = bench.pool();
        const auto connections = bench.cluster.counters("i1").connections;
        const Error error = error_in([&] { pool.execute("SELECT $1::int", 9'223'372'036'854'775'808U); });
        EXPECT_EQ(bench.cluster.counters("i1").connections, connections) << "nothing was sent, not even a login";
        return error;
    }));
    rows.push_back(row("a_transaction", Errc::unsupported, {"BEGIN", "Picodata has no transactions"}, [](Bench& bench) {
        Pool pool = bench.pool();
        return error_in([&] { pool.execute("BEGIN"); });
    }));
    rows.push_back(row("lost_before_sending", Errc::connect_failed, {"@i1"}, [](Bench& bench) {
        Pool pool = bench.pool();
        pool.connect();
        bench.cluster.kill("i1");
        const TimePoint later = Clock::now() + 2ms;  // a connection used within the last millisecond is trusted
        while (Clock::now() < later) std::this_thread::yield();
        const Error error = error_in([&] { pool.execute("INSERT INTO things VALUES (2, 'a')"); });
        EXPECT_EQ(bench.things(2), 0U);
        return error;
    }));
    rows.push_back(row(
        "lost_during_execution", Errc::connection_lost, {"@i1"},
        [](Bench& bench) {
            Pool pool = bench.pool();
            pool.connect();
            bench.cluster.slow("i1", 60s);
            const auto before = bench.cluster.counters("i1").statements;
            auto insert = pool.async_execute({"INSERT INTO things VALUES (3, 'a')"}, boost::asio::use_future);
            bench.await_statement("i1", before);
            bench.cluster.kill("i1");
            const Error error = error_in([&] { insert.get(); });
            EXPECT_EQ(bench.cluster.counters("i1").statements, before + 1) << "never replayed";
            return error;
        },
        Effect::unknown));
    rows.push_back(row(
        "lost_after_execution", Errc::connection_lost, {"@i1"},
        [](Bench& bench) {
            Pool pool = bench.pool();
            pool.connect();
            const auto before = bench.cluster.counters("i1").statements;
            bench.cluster.cut("i1", 6);  // in the middle of the answer
            const Error error = error_in([&] { pool.execute("INSERT INTO things VALUES (4, 'a')"); });
            EXPECT_EQ(bench.things(4), 1U) << "it had been executed";
            EXPECT_EQ(bench.cluster.counters("i1").statements, before + 1) << "never replayed";
            return error;
        },
        Effect::unknown));
    rows.push_back(row(
        "out_of_time", Errc::deadline_exceeded, {"@i1"},
        [](Bench& bench) {
            Pool pool = bench.pool();
            pool.connect();
            bench.cluster.slow("i1", 60s);
            return error_in(
                [&] { pool.execute(Statement{"INSERT INTO things VALUES (5, 'a')"}.with({.timeout = 50ms})); });
        },
        Effect::unknown));
    rows.push_back(
        row("pool_exhausted", Errc::pool_exhausted, {"1 of 1 connections", "0 of 0 calls"}, [](Bench& bench) {
            Pool pool{{.dsn = bench.dsn(), .max_size = 1, .max_waiters = 0}};
            pool.connect();
            bench.cluster.slow("i1", 60s);
            const auto before = bench.cluster.counters("i1").statements;
            auto slow = pool.async_execute({"SELECT 1"}, boost::asio::use_future);
            bench.await_statement("i1", before);
            const Error error = error_in([&] { pool.execute("SELECT 1"); });
            pool.terminate();
            return error;
        }));
    rows.push_back(row("a_column_of_another_type", Errc::column_mismatch, {"name", "text", "int64"}, [](Bench& bench) {
        Pool pool = bench.pool();
        pool.execute("INSERT INTO things VALUES (6, 'a')");
        const Rows found = pool.fetch("SELECT id, name FROM things");
        return error_in([&] { static_cast<void>(found.front().get<std::int64_t>("name")); });
    }));
    rows.push_back(row("null_into_a_plain_value", Errc::null_value, {"name"}, [](Bench& bench) {
        Pool pool = bench.pool();
        pool.execute("INSERT INTO things VALUES (7, NULL)");
        const Rows found = pool.fetch("SELECT id, name FROM things");
        return error_in([&] { static_cast<void>(found.front().get<std::string>("name")); });
    }));
    rows.push_back(row("a_strategy_that_chooses_nobody", Errc::ok, {}, [](Bench& bench) {
        const auto log = std::make_shared<testing::CollectingLogSink>();
        Client client{{.dsn = bench.dsn(),
                       .balance_strategy = [](std::span<const Candidate>) { return std::size_t{99}; },
                       .log = log}};
        client.connect();
        for (int i = 0; i < 6; ++i) EXPECT_EQ(client.fetch("SELECT 1").size(), 1U);
        const auto records = log->lines();
        EXPECT_EQ(
            std::count_if(records.begin(), records.end(),
                          [](const auto& record) { return record.message.find("strategy") != std::string::npos; }),
            1);
        return Error{};
    }));
    rows.push_back(row("used_after_it_was_closed", Errc::closed, {"closed"}, [](Bench& bench) {
        Pool pool = bench.pool();
        EXPECT_TRUE(pool.close());
        EXPECT_TRUE(pool.close());
        return error_in([&] { pool.execute("SELECT 1"); });
    }));
    rows.push_back(row("closed_from_a_callback", Errc::closed, {"closed"}, [](Bench& bench) {
        Pool pool = bench.pool();
        std::promise<void> done;
        pool.async_execute({"SELECT 1"}, [&](std::exception_ptr, const ExecuteResult&) {
            pool.terminate();
            done.set_value();
        });
        done.get_future().get();
        return error_in([&] { pool.execute("SELECT 1"); });
    }));
    return rows;
}

std::vector<Row> all_rows() {
    std::vector<Row> rows = construction_rows();
    for (auto more : {connection_rows(), statement_rows()}) {
        rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    return rows;
}

class BadInput : public ::testing::TestWithParam<Row> {
protected:
    static void SetUpTestSuite() { bench_.emplace(); }
    static void TearDownTestSuite() { bench_.reset(); }
    void TearDown() override { bench_->mend(); }

    static inline std::optional<Bench> bench_;
};

TEST_P(BadInput, gets_its_error) {
    const Row& row = GetParam();

    const Error error = row.cause(*bench_);

    const std::string text = describe(error);
    EXPECT_EQ(error.code, row.code) << text;
    EXPECT_EQ(error.effect, row.effect) << text;
    for (std::string word : row.words) {
        if (word.starts_with('@')) word = bench_->address(word.substr(1));
        EXPECT_THAT(text, HasSubstr(word));
    }
    for (const char* secret : {"T0psecret", "T0p", "Wr0ng"}) EXPECT_THAT(text, Not(HasSubstr(secret)));
}

INSTANTIATE_TEST_SUITE_P(Table, BadInput, ::testing::ValuesIn(all_rows()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace picoxx
