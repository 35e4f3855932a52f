#pragma once

#include "client_socket.hpp"
#include "instance.hpp"
#include "message_stream.hpp"
#include "sql/sql_engine.hpp"
#include "statement_store.hpp"

#include <optional>
#include <string>

namespace picoxx::devcluster {

/// One client of one instance, from its first byte to its last: start-up, login, then message by message.
///
/// Answers are kept back until Sync, Flush, an error or an EmptyQueryResponse, but each statement runs as soon as it is
/// read. After an error inside an extended sequence everything up to Sync is dropped. Portals end at Sync.
/// Thread safety: run() belongs to one thread; the socket's terminate() may be called meanwhile.
class Session {
public:
    Session(Instance& instance, ClientSocket& socket);

    /// Returns when the connection is over.
    void run();

private:
    enum class LoopState { ready_for_query, running_extended_query, terminated };
    using Failure = std::optional<SqlError>;

    [[nodiscard]] std::optional<StartupMessage> negotiate();
    void serve(SessionSettings settings);
    void send_parameters();

    // ---- one message; what they return is the error to answer with ----
    Failure handle(QueryMessage& message);
    Failure handle(ParseMessage& message);
    Failure handle(BindMessage& message);
    Failure handle(DescribeMessage& message);
    Failure handle(ExecuteMessage& message);
    Failure handle(CloseMessage& message);
    Failure handle(const SyncMessage& message);
    Failure handle(const FlushMessage& message);
    Failure handle(const TerminateMessage& message);
    Failure handle(const PasswordMessage& message);
    Failure handle(const CopyMessage& message);
    /// Sends the error and, in an extended sequence, drops what comes before the next Sync.
    void recover(const SqlError& error);
    void break_off(const BrokenStream& broken);

    Failure parse(std::string name, std::string_view text, std::span<const std::uint32_t> oids);
    Failure bind(std::string portal, const std::string& statement, std::span<const std::int16_t> formats,
                 std::span<const std::optional<std::string>> values, std::span<const std::int16_t> result_formats);
    Failure start(Portal& portal);
    /// What a statement that has gone stale is answered at Bind; none if it may be bound.
    Failure refuse_stale(const Statement& statement) const;
    /// The error that Execute is to answer, on command or because the statement has gone stale.
    std::optional<ScriptedFailure> planned_failure(const Statement& statement);
    Failure answer_execution(Portal& portal, std::size_t max_rows, RowDescriptionStyle style);
    Failure send_rows(Portal& portal, std::size_t count);
    void describe_rows(const std::vector<Column>& columns, std::span<const std::int16_t> formats,
                       RowDescriptionStyle style);
    void flush();

    Instance& instance_;
    ClientSocket& socket_;
    MessageStream stream_;
    StatementStore store_;
    std::optional<SqlEngine> engine_;
    LoopState state_ = LoopState::ready_for_query;
};

}  // namespace picoxx::devcluster
