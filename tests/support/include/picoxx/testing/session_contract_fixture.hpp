#pragma once

#include <picoxx/testing/collecting_sink.hpp>
#include <picoxx/testing/session_driver.hpp>
#include <picoxx/testing/vector_row_block.hpp>

#include <picoxx/port/session.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace picoxx::testing {

/// A server to hold sessions against, and the SQL it understands. Override what is different.
class SessionContractServer {
public:
    virtual ~SessionContractServer() = default;
    /// A session that was just opened.
    [[nodiscard]] virtual std::unique_ptr<Session> open() = 0;

    /// One row, one column of text or integer.
    [[nodiscard]] virtual std::string one_row() const { return "SELECT 1"; }
    /// So many rows that a stream of them takes two blocks or more.
    [[nodiscard]] virtual std::string many_rows() const { return "SELECT generate_series(1, 1000)"; }
    [[nodiscard]] virtual std::size_t many_rows_count() const { return 1000; }
    /// Gives back its one parameter, a text that may be NULL.
    [[nodiscard]] virtual std::string echo() const { return "SELECT $1::text"; }
    /// Refused by the server, when prepared or when executed.
    [[nodiscard]] virtual std::string refused() const { return "SELECT nothing FROM nowhere"; }
    /// Refused by the server when prepared.
    [[nodiscard]] virtual std::string refused_by_parse() const { return "SELEC"; }
    /// Not answered within the test. Empty: the server has no such thing.
    [[nodiscard]] virtual std::string unanswered() const { return {}; }
};

struct SessionContractParam {
    std::string name;
    std::function<std::shared_ptr<SessionContractServer>()> make;
};

inline std::ostream& operator<<(std::ostream& out, const SessionContractParam& param) { return out << param.name; }

/// What the tests of session_contract.hpp stand on.
class SessionContract : public ::testing::TestWithParam<SessionContractParam> {
protected:
    void SetUp() override {
        server_ = GetParam().make();
        ASSERT_NE(server_, nullptr);
        session_ = server_->open();
        ASSERT_NE(session_, nullptr);
    }

    void connect() { ASSERT_TRUE(drive_to_ready(*session_)) << failure_text(); }
    [[nodiscard]] std::string failure_text() const {
        return session_->failure() == nullptr ? "no failure" : session_->failure()->text;
    }

    static Command execute(const std::string& sql, Command::Sync sync = Command::Sync::after) {
        Command command;
        command.sql = sql;
        command.sync = sync;
        return command;
    }
    static Command streamed(const std::string& sql) {
        Command command = execute(sql);
        command.delivery = Command::Delivery::streamed;
        return command;
    }
    void submit(const Command& command, CollectingSink& sink) {
        const Status status = session_->submit(command, sink);
        ASSERT_TRUE(status.ok()) << status.error().text;
    }
    void finish(const CollectingSink& sink) {
        ASSERT_TRUE(drive(*session_, [&] { return sink.done(); })) << failure_text();
        EXPECT_EQ(sink.calls_after_end, 0U);
    }

    std::shared_ptr<SessionContractServer> server_;
    std::unique_ptr<Session> session_;
};

}  // namespace picoxx::testing
