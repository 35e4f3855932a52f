// The application's own logic, without a server: fake nodes say what a cluster would, mocks of the ports what they are
// told.
#include "warehouse.hpp"

#include <picoxx/testing/fakes.hpp>
#include <picoxx/testing/mocks.hpp>

#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pt = picoxx::testing;  // in a program that also says `testing::Test`
using namespace std::chrono_literals;
using picoxx::Errc;

namespace {

// [fixture]
class WarehouseTest : public testing::Test {
protected:
    static constexpr const char* insert = R"(INSERT INTO "reservations" VALUES ($1::int, $2::varchar))";

    picoxx::PoolOptions options() {
        return {.dsn = "postgresql://app@127.0.0.1:1001,127.0.0.1:1002", .balance_strategy = strategy, .max_size = 2};
    }
    picoxx::Components parts() {
        picoxx::Components parts;
        parts.transport = transport;
        return parts;
    }
    pt::FakeNode& node(std::uint16_t port) { return transport->node({"127.0.0.1", port}); }
    Warehouse warehouse(picoxx::BasicClient& client) {
        return Warehouse{client, [this](std::chrono::milliseconds time) { pauses.push_back(time); }};
    }

    std::shared_ptr<pt::FakeTransport> transport = std::make_shared<pt::FakeTransport>();
    std::shared_ptr<testing::NiceMock<pt::MockBalanceStrategy>> strategy =
        std::make_shared<testing::NiceMock<pt::MockBalanceStrategy>>();
    std::vector<std::chrono::milliseconds> pauses;
};
// [fixture]

// [success]
TEST_F(WarehouseTest, a_reservation_goes_to_the_node_the_strategy_chose) {
    node(1001);
    node(1002).answer(insert, pt::done_answer("INSERT 0 1", 1));
    EXPECT_CALL(*strategy, pick).WillOnce(testing::Return(1));
    picoxx::Pool pool{options(), parts()};

    EXPECT_EQ(warehouse(pool).reserve(7, "Ada"), Warehouse::Reservation::made);

    const auto sent = node(1002).submitted().at(0).parameters;
    EXPECT_EQ(sent.at(0).value, pt::int8_cell(7));
    EXPECT_EQ(sent.at(1).value, pt::text_cell("Ada"));
}
// [success]

TEST_F(WarehouseTest, an_item_can_be_reserved_once) {
    node(1001).answer(insert, pt::error_answer(pt::server_error("sbroad: Duplicate key exists in unique index")));
    picoxx::Pool pool{options(), parts()};

    EXPECT_EQ(warehouse(pool).reserve(7, "Bob"), Warehouse::Reservation::taken);
}

TEST_F(WarehouseTest, other_errors_of_the_server_are_not_hidden) {
    node(1001).answer(insert, pt::error_answer(pt::server_error("sbroad: table with name \"reservations\" not found")));
    picoxx::Pool pool{options(), parts()};

    EXPECT_THROW(warehouse(pool).reserve(7, "Bob"), picoxx::Exception);
    EXPECT_TRUE(pauses.empty()) << "it will not pass";
}

TEST_F(WarehouseTest, an_error_that_leaves_a_doubt_is_one) {
    node(1001).answer(insert, pt::error_answer(pt::server_error("sbroad: Timeout exceeded")));
    picoxx::Pool pool{options(), parts()};

    EXPECT_EQ(warehouse(pool).reserve(7, "Ada"), Warehouse::Reservation::in_doubt);
    EXPECT_EQ(node(1001).submitted().size(), 1U);
}

// [mock]
TEST_F(WarehouseTest, where_nobody_can_be_reached_it_is_tried_three_times) {
    const auto failing = std::make_shared<testing::NiceMock<pt::MockTransport>>();
    EXPECT_CALL(*failing, open).Times(testing::AtLeast(1)).WillRepeatedly([](const auto&) {
        return picoxx::make_error(Errc::connect_failed, "no route to host");
    });
    picoxx::Components components;
    components.transport = failing;
    picoxx::Pool pool{{.dsn = "postgresql://app@127.0.0.1:1001",
                       .balance_strategy = strategy,
                       .timeouts = {.acquire = std::chrono::milliseconds{1}}},
                      components};

    EXPECT_EQ(warehouse(pool).reserve(7, "Ada"), Warehouse::Reservation::too_busy);

    EXPECT_EQ(pauses, (std::vector{50ms, 100ms}));
}
// [mock]

// [doubt]
TEST_F(WarehouseTest, a_connection_lost_in_the_middle_leaves_a_doubt_and_is_not_repeated) {
    node(1001).answer(insert, pt::lost_answer());
    picoxx::Pool pool{options(), parts()};

    EXPECT_EQ(warehouse(pool).reserve(7, "Ada"), Warehouse::Reservation::in_doubt);
    EXPECT_EQ(node(1001).executions_of(insert), 1U);
}
// [doubt]

TEST_F(WarehouseTest, a_call_out_of_time_leaves_a_doubt) {
    node(1001).answer(insert, pt::hanging(pt::done_answer("INSERT 0 1", 1)));
    picoxx::PoolOptions impatient = options();
    impatient.timeouts.statement = 20ms;
    picoxx::Pool pool{impatient, parts()};

    EXPECT_EQ(warehouse(pool).reserve(7, "Ada"), Warehouse::Reservation::in_doubt);
}

TEST_F(WarehouseTest, every_node_down_is_for_later_and_in_the_log) {
    node(1001).refuse();
    node(1002).refuse();
    const auto log = std::make_shared<testing::NiceMock<pt::MockLogSink>>();
    EXPECT_CALL(*log, write).Times(testing::AnyNumber());
    for (const char* address : {"127.0.0.1:1001", "127.0.0.1:1002"}) {
        EXPECT_CALL(*log, write(testing::Field(&picoxx::LogRecord::node, testing::HasSubstr(address))))
            .Times(testing::AtLeast(1));
    }
    picoxx::PoolOptions logged = options();
    logged.log = log;
    picoxx::Pool pool{logged, parts()};

    EXPECT_EQ(warehouse(pool).reserve(7, "Ada"), Warehouse::Reservation::too_busy);
    EXPECT_EQ(pauses, (std::vector{50ms, 100ms}));
}

TEST_F(WarehouseTest, a_busy_pool_is_for_later) {
    node(1001).answer("SLOW", pt::hanging(pt::done_answer("SELECT 0")));
    picoxx::PoolOptions small = options();
    small.max_size = 1;
    small.max_waiters = 0;
    picoxx::Pool pool{small, parts()};
    auto slow = pool.async_execute({"SLOW"}, boost::asio::use_future);
    while (node(1001).submitted().empty()) std::this_thread::yield();

    EXPECT_EQ(warehouse(pool).reserve(7, "Ada"), Warehouse::Reservation::too_busy);

    node(1001).release();
    slow.get();
    EXPECT_EQ(node(1001).executions_of(insert), 0U);
}

TEST_F(WarehouseTest, who_reserved_it_is_read) {
    constexpr const char* select = R"(SELECT customer FROM "reservations" WHERE item = $1::int)";
    node(1001).answer_once(select, pt::rows_answer({{"customer", picoxx::oid::text}}, {{pt::text_cell("Ada")}}));
    node(1001).answer_once(select, pt::rows_answer({{"customer", picoxx::oid::text}}, {}));
    picoxx::Pool pool{options(), parts()};

    EXPECT_EQ(warehouse(pool).reserved_by(7), "Ada");
    EXPECT_EQ(warehouse(pool).reserved_by(7), "");
}

}  // namespace
