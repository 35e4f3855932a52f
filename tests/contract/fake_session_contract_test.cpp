#include <picoxx/testing/fakes.hpp>
#include <picoxx/testing/session_contract.hpp>

namespace picoxx::testing {
namespace {

// [server]
class FakeServer final : public SessionContractServer {
public:
    explicit FakeServer(FakeNode::Sending sending) {
        node_->send(sending);
        node_->answer(one_row(), rows_answer({{"col_1", oid::int8}}, {{int8_cell(1)}}));
        std::vector<Row> rows;
        for (std::size_t i = 1; i <= many_rows_count(); ++i) {
            rows.push_back({int8_cell(static_cast<std::int64_t>(i))});
        }
        node_->answer(many_rows(), rows_answer({{"col_1", oid::int8}}, std::move(rows)));
        node_->answer(refused(), error_answer(server_error("no such table")));
        node_->answer(unanswered(), hanging(rows_answer({{"col_1"}}, {})));
        node_->respond([this](const FakeSubmission& submission) {
            if (submission.sql != echo()) return error_answer(server_error("syntax"), FakeAnswer::Phase::parse);
            Row row{null_cell};
            if (!submission.parameters.empty()) row[0] = submission.parameters[0].value;
            return rows_answer({{"col_1"}}, {row});
        });
    }

    [[nodiscard]] std::unique_ptr<Session> open() override { return std::make_unique<FakeSession>(node_); }
    [[nodiscard]] std::string unanswered() const override { return "SELECT hangs()"; }

private:
    std::shared_ptr<FakeNode> node_ = std::make_shared<FakeNode>();
};
// [server]

SessionContractParam fake(std::string name, FakeNode::Sending sending) {
    return {std::move(name), [sending] { return std::make_shared<FakeServer>(sending); }};
}

INSTANTIATE_TEST_SUITE_P(fake, SessionContract, ::testing::Values(fake("sends_at_once", FakeNode::Sending::at_once)),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace picoxx::testing
