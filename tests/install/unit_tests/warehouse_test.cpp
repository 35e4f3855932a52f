// A program's own code, tested without a server: by a mock of a port, and by a fake node that answers statements.
#include <picoxx/client.hpp>
#include <picoxx/testing/fakes.hpp>
#include <picoxx/testing/mocks.hpp>

#include <gmock/gmock.h>

#include <cstdint>
#include <memory>

namespace {

std::int64_t items_in_stock(picoxx::Pool& pool) {
    const picoxx::Rows rows = pool.fetch("SELECT count(*) FROM warehouse");
    return rows.front().get<std::int64_t>(0);
}

TEST(Warehouse, an_answer_is_read) {
    auto transport = std::make_shared<picoxx::testing::FakeTransport>();
    transport->node({"127.0.0.1", 4327})
        .answer("SELECT count(*) FROM warehouse",
                picoxx::testing::rows_answer({{"count", picoxx::oid::int8}}, {{picoxx::testing::int8_cell(7)}}));
    auto strategy = std::make_shared<::testing::NiceMock<picoxx::testing::MockBalanceStrategy>>();
    picoxx::Components parts;
    parts.transport = transport;
    picoxx::Pool pool{{.dsn = "postgresql://user@127.0.0.1:4327", .balance_strategy = strategy}, parts};

    EXPECT_CALL(*strategy, pick).WillRepeatedly(::testing::Return(0));

    EXPECT_EQ(items_in_stock(pool), 7);
}

TEST(Warehouse, a_transport_that_opens_nothing_is_an_error) {
    auto transport = std::make_shared<::testing::NiceMock<picoxx::testing::MockTransport>>();
    picoxx::Components parts;
    parts.transport = transport;
    picoxx::Pool pool{{.dsn = "postgresql://user@127.0.0.1:4327",
                       .balance_strategy = [](std::span<const picoxx::Candidate>) { return std::size_t{0}; }},
                      parts};

    EXPECT_THROW(items_in_stock(pool), picoxx::Exception);
}

}  // namespace
