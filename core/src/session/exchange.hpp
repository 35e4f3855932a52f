#pragma once

#include "session/statement_cache.hpp"
#include "sql/server_error.hpp"
#include "sql/statement_kind.hpp"

#include <picoxx/detail/tag_text.hpp>
#include <picoxx/statement.hpp>

#include <picoxx/port/session.hpp>
#include <picoxx/port/statement_router.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace picoxx {

/// How one statement ended on one session.
struct Outcome {
    std::unique_ptr<Error> error;  ///< Null on success.
    std::unique_ptr<RowBlock> rows;
    detail::TagText status;
    std::uint64_t affected_rows = 0;
};

/// Why the server refused a statement before anything of it ran, where sending it again mends that.
enum class Refusal : std::uint8_t {
    none,
    stale,       ///< What was prepared is out of date or gone. It is prepared anew.
    store_full,  ///< The server takes no further statement. One of this session's is closed first.
    store_stuck,  ///< The same, and the server's store has no place for the closing either: only the session's end makes room.
};

/// One statement on one session: which commands it takes, and their answers. Part of a connection, and reused, so that
/// an answer to an abandoned statement still finds its sinks.
///
/// Parse is always a command of its own, in one flush with the rest: what the server refuses there was certainly not
/// executed.
class Exchange final : private ResponseSink {
public:
    explicit Exchange(std::size_t statement_cache_size) : cache_{statement_cache_size} {}

    /// Submits what the statement takes. The answer is there when `done()`.
    /// @pre done(), the last outcome was taken, and the session is ready
    void start(Session& session, const StatementView& statement, StatementRouter* router);
    [[nodiscard]] bool done() const noexcept { return pending_ == 0; }
    /// @pre done()
    [[nodiscard]] Outcome&& take_outcome() noexcept;
    /// Whether starting the same statement again mends what the outcome says, for `store_stuck` on another session.
    /// @pre `take_outcome` was called
    [[nodiscard]] Refusal refusal() const noexcept { return refusal_; }
    /// Of the statement started last.
    [[nodiscard]] StatementKind kind() const noexcept { return kind_; }

private:
    // Hears the answers to the commands around the execute.
    class SideSink final : public ResponseSink {
    public:
        SideSink(Exchange& exchange, Command::Kind kind) noexcept : exchange_{exchange}, kind_{kind} {}
        void on_notice(const Notice& notice) noexcept override { exchange_.on_notice(notice); }
        void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
        Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
        void on_result(std::unique_ptr<RowBlock>, const CommandTag&) noexcept override;
        void on_error(Error error) noexcept override;

    private:
        Exchange& exchange_;
        Command::Kind kind_;
    };

    void on_notice(const Notice& notice) noexcept override;
    void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
    Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }  // nothing is streamed
    void on_result(std::unique_ptr<RowBlock> rows, const CommandTag& tag) noexcept override;
    void on_error(Error error) noexcept override;

    [[nodiscard]] bool submit(Session& session, const Command& command, ResponseSink& sink) noexcept;
    [[nodiscard]] bool close_first(Session& session);
    void execute_and_close(Session& session, Command& execute);
    void fail(Error error, RefusedAt refused_at) noexcept;
    [[nodiscard]] Refusal where_to_make_room(bool was_named);
    void forget_statement() noexcept;
    void not_closed(Error error) noexcept;
    void close_answered() noexcept;

    StatementCache cache_;
    SideSink prepare_sink_{*this, Command::Kind::prepare};
    SideSink close_sink_{*this, Command::Kind::close_statement};
    std::vector<Parameter> parameters_;
    StatementCache::Entry* statement_ = nullptr;  // that is executed by its name
    std::optional<std::string> to_close_first_;   // a name whose place on the server is needed
    std::vector<std::string> closing_;            // names, in the flush of the execute under way
    std::size_t closed_ = 0;                      // of those: answered
    StatementRouter* router_ = nullptr;
    std::size_t pending_ = 0;
    StatementKind kind_ = StatementKind::read;
    Refusal refusal_ = Refusal::none;
    bool never_prepared_ = false;               // so its name need not be closed
    bool is_outdated_ = false;                  // it is prepared anew, be it by this call or by the next one
    bool closing_fails_ = false;                // for want of a place in the store
    bool closes_first_ = false;                 // to make room
    std::unique_ptr<Error> first_close_error_;  // for which the statement behind it was skipped
    Outcome outcome_;
};

}  // namespace picoxx
