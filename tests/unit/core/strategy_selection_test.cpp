// Which strategy a client uses: by object, by name with options, by DSN, and changed while it runs.
#include "fake_cluster.hpp"

#include <picoxx/client.hpp>
#include <picoxx/testing/collecting_log_sink.hpp>
#include <picoxx/testing/error_in.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using testing::error_in;
using ::testing::HasSubstr;

/// Always the node whose place is its option `place`.
class Fixed final : public BalanceStrategy {
public:
    explicit Fixed(const sdk::Config& config) : place_{config.get_uint("place", 0)} {}
    std::size_t pick(std::span<const Candidate> candidates, const PickContext&) noexcept override {
        return std::min<std::size_t>(place_, candidates.size() - 1);
    }

private:
    std::size_t place_;
};

class StrategySelection : public ::testing::Test {
protected:
    StrategySelection() {
        components.strategies.emplace("fixed", StrategyFactory::of<Fixed>("fixed"));
        components.strategies.emplace("broken", [](const StrategyConfig&) -> std::shared_ptr<BalanceStrategy> {
            throw std::runtime_error{"cannot reach the weather service"};
        });
    }

    Pool pool_of(StrategyChoice choice, const std::string& parameters = {}) {
        return Pool{PoolOptions{.dsn = FakeCluster::dsn() + ",127.0.0.1:1002" + parameters,
                                .balance_strategy = std::move(choice),
                                .log = log},
                    components};
    }
    // The number of the node that serves.
    std::size_t server(BasicClient& client) {
        const std::size_t before = cluster.node(1).executions_of("INSERT");
        client.execute("INSERT");
        return cluster.node(1).executions_of("INSERT") > before ? 1 : 2;
    }

    FakeCluster cluster{2};
    Components components = cluster.components();
    std::shared_ptr<testing::CollectingLogSink> log = std::make_shared<testing::CollectingLogSink>(LogLevel::warning);
};

TEST_F(StrategySelection, a_name_with_options) {
    Pool pool = pool_of({"fixed", {{"place", "1"}}});
    EXPECT_EQ(server(pool), 2U);
    EXPECT_EQ(pool.balance_status().strategy, "fixed");
}

TEST_F(StrategySelection, a_dsn_names_a_strategy_and_its_options) {
    Pool by_dsn = pool_of({}, "?balance=fixed&balance.place=1");
    EXPECT_EQ(server(by_dsn), 2U);

    Pool options_of_both = pool_of({"fixed", {{"place", "0"}}}, "?balance.place=1");
    EXPECT_EQ(server(options_of_both), 2U) << "the DSN stands above the options";
}

TEST_F(StrategySelection, a_wrong_option_is_refused_naming_it_and_the_known_ones) {
    const Error unknown = error_in([&] { pool_of({}, "?balance=fixed&balance.plaice=1"); });
    EXPECT_EQ(unknown.code, Errc::plugin_bad_config);
    EXPECT_THAT(unknown.text, AllOf(HasSubstr("\"fixed\""), HasSubstr("\"plaice\""), HasSubstr("known: place")));

    const Error no_options = error_in([&] { pool_of({"turn_by_turn", {{"start", "1"}}}); });
    EXPECT_EQ(no_options.code, Errc::plugin_bad_config);
    EXPECT_THAT(no_options.text, AllOf(HasSubstr("\"turn_by_turn\""), HasSubstr("\"start\"")));

    const Error for_an_object = error_in([&] { pool_of(std::make_shared<TurnByTurn>(), "?balance.place=1"); });
    EXPECT_EQ(for_an_object.code, Errc::invalid_argument);
    EXPECT_THAT(for_an_object.text, HasSubstr("balance.place"));
}

TEST_F(StrategySelection, a_dsn_never_names_a_file) {
    const Error error = error_in([&] { pool_of({}, "?balance=/usr/lib/picoxx/picoxx_evil.so"); });
    EXPECT_EQ(error.code, Errc::invalid_argument);
    EXPECT_THAT(error.text, HasSubstr("there is no balance strategy \"/usr/lib/picoxx/picoxx_evil.so\""));
}

TEST_F(StrategySelection, one_that_cannot_be_made_says_why_and_the_old_one_stays) {
    EXPECT_EQ(error_in([&] { pool_of("broken"); }).code, Errc::plugin_create_failed);

    Pool pool = pool_of({"fixed", {{"place", "1"}}});
    const Error error = error_in([&] { pool.set_balance_strategy("broken"); });
    EXPECT_EQ(error.code, Errc::plugin_create_failed);
    EXPECT_THAT(error.text, AllOf(HasSubstr("\"broken\""), HasSubstr("cannot reach the weather service")));
    EXPECT_EQ(error_in([&] { pool.set_balance_strategy("nowhere"); }).code, Errc::invalid_argument);
    EXPECT_EQ(server(pool), 2U);
}

TEST_F(StrategySelection, another_one_serves_from_the_next_statement_on) {
    Pool pool = pool_of("fixed");
    EXPECT_EQ(server(pool), 1U);

    pool.set_balance_strategy({"fixed", {{"place", "1"}}});
    EXPECT_EQ(server(pool), 2U);
    pool.set_balance_strategy([](std::span<const Candidate>) { return std::size_t{0}; });
    EXPECT_EQ(server(pool), 1U);
    EXPECT_EQ(pool.balance_status().strategy, "custom");
}

TEST_F(StrategySelection, the_old_one_ends_when_another_takes_over) {
    auto first = std::make_shared<Fixed>(sdk::Config{std::span<const picoxx_kv>{}});
    const std::weak_ptr<Fixed> seen = first;
    Pool pool = pool_of(std::move(first));
    EXPECT_FALSE(seen.expired());
    pool.set_balance_strategy("fixed");
    EXPECT_TRUE(seen.expired());
}

TEST_F(StrategySelection, is_changed_under_load_without_a_failed_call) {
    Pool pool = pool_of("fixed");
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> served{0};
    std::atomic<std::size_t> failed{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&] {
            while (!stop) {
                try {
                    pool.execute("INSERT");
                    ++served;
                } catch (const Exception&) {
                    ++failed;
                }
            }
        });
    }
    for (std::size_t swap = 0; swap < 200; ++swap) {
        const std::size_t before = served;
        pool.set_balance_strategy({"fixed", {{"place", std::to_string(swap % 2)}}});
        while (served == before && failed == 0) std::this_thread::yield();
    }
    stop = true;
    for (std::thread& caller : callers) caller.join();

    EXPECT_EQ(failed, 0U);
    EXPECT_GE(served, 200U);
    EXPECT_GT(cluster.node(1).executions_of("INSERT"), 0U);
    EXPECT_GT(cluster.node(2).executions_of("INSERT"), 0U);
}

TEST_F(StrategySelection, one_that_returns_garbage_fails_no_call_and_is_named_once) {
    components.strategies.emplace("wild", [](const StrategyConfig&) -> StrategyFactory::Made {
        class Wild final : public BalanceStrategy {
            std::size_t pick(std::span<const Candidate>, const PickContext&) noexcept override { return 9'999; }
        };
        return std::shared_ptr<BalanceStrategy>{std::make_shared<Wild>()};
    });
    Pool pool = pool_of("wild");

    for (int i = 0; i < 10; ++i) pool.execute("INSERT");

    EXPECT_EQ(pool.balance_status().bad_picks, 10U);
    ASSERT_EQ(log->lines().size(), 1U);
    EXPECT_THAT(log->lines()[0].message, HasSubstr("balance strategy \"wild\" returned 9999 for 2 endpoints"));
    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 5U);
}

TEST_F(StrategySelection, one_that_is_slow_is_put_aside_until_it_is_reset) {
    std::atomic<std::size_t> picks{0};
    Pool pool = pool_of([&](std::span<const Candidate>) {
        ++picks;
        const TimePoint until = Clock::now() + 1ms;
        while (Clock::now() < until) {
        }
        return std::size_t{0};
    });

    for (int i = 0; i < 20; ++i) pool.execute("INSERT");

    EXPECT_TRUE(pool.balance_status().replaced);
    EXPECT_EQ(picks, 8U);
    EXPECT_TRUE(log->contains("balance strategy \"custom\" was slow 8 times in 64 picks"));
    EXPECT_GT(cluster.node(2).executions_of("INSERT"), 0U) << "the nodes are taken in turn";

    pool.reset_balance_strategy();
    pool.execute("INSERT");
    EXPECT_EQ(picks, 9U);
    EXPECT_FALSE(pool.balance_status().replaced);
}

}  // namespace
}  // namespace picoxx
