#include <picoxx/testing/mocks.hpp>
#include <picoxx/testing/vector_row_block.hpp>

#include <gtest/gtest.h>

namespace picoxx::testing {
namespace {

using ::testing::NiceMock;
using ::testing::Return;

TEST(Mocks, answer_harmlessly_unless_told) {
    NiceMock<MockTransport> transport;
    NiceMock<MockSession> session;
    NiceMock<MockResponseSink> sink;
    NiceMock<MockBalanceStrategy> strategy;
    NiceMock<MockDiscoverySource> source;
    NiceMock<MockDiscoveryContext> context;
    NiceMock<MockStatementRouter> router;
    NiceMock<MockLogSink> log;

    EXPECT_EQ(transport.open({}).error().code, Errc::unsupported);
    EXPECT_EQ(session.state(), SessionState::closed);
    EXPECT_TRUE(session.submit({}, sink).ok());
    EXPECT_EQ(sink.on_rows(nullptr), Flow::go_on);
    EXPECT_EQ(strategy.pick({}, {}), 0U);
    source.refresh(context);
    EXPECT_EQ(context.endpoint().port, 4327);
    RouteHint hint;
    EXPECT_EQ(router.route("", {}, hint), StatementRouter::Route::anywhere);
    EXPECT_EQ(log.level(), LogLevel::debug);
}

TEST(Mocks, can_be_told) {
    MockBalanceStrategy strategy;
    EXPECT_CALL(strategy, pick).WillOnce(Return(BalanceStrategy::npos));
    EXPECT_EQ(strategy.pick({}, {}), BalanceStrategy::npos);

    MockTransport transport;
    EXPECT_CALL(transport, open).WillOnce([](const ConnectOptions&) {
        return Result<std::unique_ptr<Session>>{std::make_unique<MockSession>()};
    });
    EXPECT_TRUE(transport.open({}).ok());
}

TEST(VectorRowBlock, gives_binary_cells_and_null) {
    const VectorRowBlock block{{{"id", oid::int8}, {"item", oid::text}},
                               {{int8_cell(258), text_cell("")}, {int8_cell(-1), null_cell}}};

    EXPECT_EQ(block.row_count(), 2U);
    EXPECT_EQ(block.column(1).name, "item");
    using namespace std::string_view_literals;
    EXPECT_EQ(block.field(0, 0).bytes(), "\0\0\0\0\0\0\1\2"sv);
    EXPECT_FALSE(block.field(0, 1).is_null());
    EXPECT_TRUE(block.field(1, 1).is_null());
    std::vector<FieldView> row(2);
    block.read_row(1, row);
    EXPECT_EQ(row[0].bytes(), "\xff\xff\xff\xff\xff\xff\xff\xff"sv);
}

}  // namespace
}  // namespace picoxx::testing
