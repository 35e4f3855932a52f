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

/// One statement on one session: which commands it takes, and their answers. Part of a connection, and reused, so that an answer to
/// an abandoned statement still finds its sinks.
class Exchange final : private ResponseSink {
public:
    explicit Exchange(std::size_t statement_cache_size) : cache_{statement_cache_size} {}

    /// Submits what the statement takes. The answer is there when `done()`.
    /// @pre done(), and the session is ready
    void start(Session& session, const StatementView& statement, StatementRouter* router) noexcept;
    [[nodiscard]] bool done() const noexcept { return pending_ == 0; }
    /// @pre done()
    [[nodiscard]] Outcome&& take_outcome() noexcept;
    /// The prepared statement turned out to be stale, and was forgotten: starting again is safe and mends it.
    /// @pre done()
    [[nodiscard]] bool stale_statement() const noexcept { return stale_statement_; }
    /// Of the statement started last.
    [[nodiscard]] StatementKind kind() const noexcept { return kind_; }

private:
    // Hears the answers to prepare and close commands.
    class SideSink final : public ResponseSink {
    public:
        SideSink(Exchange& exchange, Command::Kind kind) noexcept : exchange_{exchange}, kind_{kind} {}
        void on_notice(const Notice& notice) noexcept override { exchange_.on_notice(notice); }
        void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
        Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
        void on_complete(const CommandTag&) noexcept override { --exchange_.pending_; }
        void on_error(Error error) noexcept override;

    private:
        Exchange& exchange_;
        Command::Kind kind_;
    };

    void on_notice(const Notice& notice) noexcept override;
    void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
    Flow on_rows(std::unique_ptr<RowBlock> block) noexcept override;
    void on_complete(const CommandTag& tag) noexcept override;
    void on_error(Error error) noexcept override;

    void submit(Session& session, const Command& command, ResponseSink& sink) noexcept;
    void fail(Error error, RefusedAt refused_at) noexcept;
    void forget_statement() noexcept;

    StatementCache cache_;
    SideSink prepare_sink_{*this, Command::Kind::prepare};
    SideSink close_sink_{*this, Command::Kind::close_statement};
    std::vector<Parameter> parameters_;
    StatementCache::Entry* statement_ = nullptr;  // that is executed by its name
    StatementRouter* router_ = nullptr;
    std::size_t pending_ = 0;
    StatementKind kind_ = StatementKind::read;
    bool stale_statement_ = false;
    bool refused_ = false;
    Outcome outcome_;
};

}  // namespace picoxx
