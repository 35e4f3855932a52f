#include "decrypted_bytes.hpp"
#include "libpq_session.hpp"
#include "result_error.hpp"
#include "spare_error.hpp"

#include <new>
#include <utility>

namespace picoxx::libpq {
namespace {

/// A stream's block is handed out when it has this many rows or bytes, or when no more is there for now.
constexpr std::size_t block_rows = 256;
constexpr std::size_t block_bytes = 64 * 1024;

// The number that a tag such as `INSERT 0 1` ends with.
std::optional<std::uint64_t> affected_rows(std::string_view tag) noexcept {
    std::uint64_t number = 0;
    std::uint64_t place = 1;
    for (; !tag.empty() && tag.back() >= '0' && tag.back() <= '9'; tag.remove_suffix(1), place *= 10) {
        number += place * static_cast<std::uint64_t>(tag.back() - '0');
    }
    if (place == 1 || tag.empty() || tag.back() != ' ') return std::nullopt;
    return number;
}

}  // namespace

// What libpq left inside OpenSSL shows itself to no poll(2). Flushing reads, too.
void LibpqSession::read_decrypted() noexcept {
    while (decrypted_bytes(connection_.get()) > 0 && PQconsumeInput(connection_.get()) != 0) {
    }
}

void LibpqSession::process() noexcept {
    while (state_ == SessionState::ready && !paused_) {
        // Parses, also what belongs to no command: notices, parameters, the server's last words.
        const bool busy = PQisBusy(connection_.get()) != 0;
        if (!notices_.empty()) deliver_notices();
        if (state_ != SessionState::ready || busy || sent() == 0) break;
        take(ResultHandle{PQgetResult(connection_.get())});
        if (answer_.step != Step::finished || state_ != SessionState::ready) continue;
        finish_command();
        if (pending_.empty()) return;
    }
    if (answer_.batch && state_ == SessionState::ready && !paused_) deliver_batch();
}

void LibpqSession::take(ResultHandle result) noexcept {
    if (!result) return end_step();
    switch (PQresultStatus(result.get())) {
        case PGRES_SINGLE_TUPLE: return take_streamed_row(result.get());
        case PGRES_TUPLES_OK: return take_rows(std::move(result));
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
            answer_.given = true;
            if (answer_.step == Step::describe) return take_description(result.get());
            return remember_tag(result.get());
        case PGRES_PIPELINE_SYNC: answer_.step = Step::finished; return;
        case PGRES_PIPELINE_ABORTED:
            return fail_command(
                spare_error(Errc::skipped, Effect::none, "an earlier statement of the batch failed", node_));
        case PGRES_FATAL_ERROR:
        case PGRES_NONFATAL_ERROR:
        case PGRES_BAD_RESPONSE: return take_error(result.get());
        default: return lose(spare_error(Errc::unsupported, Effect::unknown, "COPY cannot be executed", node_));
    }
}

// libpq gave NULL: it has no more for the current step.
void LibpqSession::end_step() noexcept {
    if (answer_.step == Step::sync) {
        // After an error at the Sync itself there is such an end, but only one.
        if (std::exchange(answer_.end_at_sync, true)) {
            lose(spare_error(Errc::protocol_error, Effect::unknown, "an answer is missing", node_));
        }
        return;
    }
    if (!answer_.given) {
        fail_command(spare_error(Errc::protocol_error, Effect::unknown, "the server gave no answer", node_));
    }
    if (answer_.step == Step::parse && pending_.front().describe == Command::Describe::yes) {
        answer_.step = Step::describe;
        answer_.given = false;
        return;
    }
    const bool sync_follows = mode_ == Mode::pipeline && pending_.front().sync == Command::Sync::after;
    answer_.step = sync_follows ? Step::sync : Step::finished;
}

void LibpqSession::take_rows(ResultHandle result) noexcept {
    answer_.given = true;
    remember_tag(result.get());
    if (answer_.description) return;  // the end of a stream that had rows
    try {
        answer_.rows = std::make_unique<WholeResultBlock>(std::move(result));
    } catch (const std::bad_alloc&) {
        fail_command(spare_error(Errc::out_of_memory, Effect::unknown));
    }
}

void LibpqSession::take_streamed_row(const PGresult* result) noexcept {
    answer_.given = true;
    if (answer_.error) return;
    try {
        if (!answer_.description) {
            ResultHandle description{PQcopyResult(result, PG_COPYRES_ATTRS)};
            if (!description) throw std::bad_alloc{};
            answer_.description = std::move(description);
        }
        if (!answer_.batch) answer_.batch = std::make_unique<StreamedBlock>(answer_.description);
        answer_.batch->append(result);
    } catch (const std::bad_alloc&) {
        return fail_command(spare_error(Errc::out_of_memory, Effect::unknown));
    }
    if (answer_.batch->row_count() >= block_rows || answer_.batch->byte_count() >= block_bytes) deliver_batch();
}

void LibpqSession::deliver_batch() noexcept {
    if (pending_.front().sink->on_rows(std::move(answer_.batch)) == Flow::pause) paused_ = true;
}

void LibpqSession::take_description(const PGresult* result) noexcept {
    try {
        described_parameters_.clear();
        for (int i = 0; i < PQnparams(result); ++i) described_parameters_.push_back(PQparamtype(result, i));
        described_columns_.clear();
        for (int i = 0; i < PQnfields(result); ++i) described_columns_.push_back(column_of(result, i));
    } catch (const std::bad_alloc&) {
        return fail_command(spare_error(Errc::out_of_memory, Effect::unknown));
    }
    pending_.front().sink->on_described(described_parameters_, described_columns_);
}

void LibpqSession::remember_tag(PGresult* result) noexcept {
    const std::string_view tag{PQcmdStatus(result)};
    answer_.tag_size = tag.copy(answer_.tag.data(), answer_.tag.size());
    answer_.affected = affected_rows(tag);
}

void LibpqSession::take_error(const PGresult* result) noexcept {
    if (PQstatus(connection_.get()) == CONNECTION_BAD && !is_from_server(result)) return lose(lost_error());
    Error error = error_from(result, node_);
    if (!is_fatal(result)) return fail_command(std::move(error));
    error.code = Errc::connection_lost;
    error.text = ended_by_server;
    lose(std::move(error));
}

// The first error of a command is its outcome.
void LibpqSession::fail_command(Error error) noexcept {
    answer_.given = true;
    answer_.batch.reset();
    if (!answer_.error) answer_.error = std::move(error);
}

// Error and rows of the answer before went with its end.
void LibpqSession::begin_answer() noexcept {
    const bool prepares = !pending_.empty() && pending_.front().kind == Command::Kind::prepare;
    answer_.step = prepares ? Step::parse : Step::result;
    answer_.given = false;
    answer_.end_at_sync = false;
    answer_.description.reset();
    answer_.tag_size = 0;
    answer_.affected.reset();
}

void LibpqSession::finish_command() noexcept {
    ResponseSink& sink = *pending_.front().sink;
    std::optional<Error> error;
    if (answer_.error) error = std::exchange(answer_.error, std::nullopt);
    std::unique_ptr<RowBlock> rows = std::move(answer_.rows);
    if (answer_.batch) rows = std::move(answer_.batch);
    const CommandTag tag{{answer_.tag.data(), answer_.tag_size},
                         answer_.affected};  // its bytes stay until the next look
    pending_.pop_front();
    if (!pending_.empty()) {
        begin_answer();
        if (sent() != 0) start_streaming();
    } else {
        if (mode_ == Mode::pipeline && !batch_open_ && PQexitPipelineMode(connection_.get()) != 0) {
            mode_ = Mode::plain;
            PQisBusy(connection_.get());  // parses what came behind, which libpq does by itself only in plain mode
        }
        if (last_words_) break_down(lost_error());
    }
    // The sink may submit the next command, close the session or be destroyed in its last call.
    if (error) {
        sink.on_error(std::move(*error));
    } else {
        sink.on_result(std::move(rows), tag);
    }
}

// ---- notices

// libpq calls it while it parses. Sinks hear of it when that is over, since they may submit.
void LibpqSession::receive_notice(void* self, const PGresult* notice) noexcept {
    auto& session = *static_cast<LibpqSession*>(self);
    if (session.state_ != SessionState::ready) return;
    // libpq takes an error for a notice where it has nothing to do: behind the last answer, too.
    if (is_fatal(notice)) session.last_words_ = error_from(notice, session.node_);
    if (session.last_words_ || session.pending_.empty()) return;
    try {
        session.notices_.push_back({std::string{error_field(notice, PG_DIAG_SQLSTATE)},
                                    std::string{error_field(notice, PG_DIAG_SEVERITY)},
                                    std::string{error_field(notice, PG_DIAG_MESSAGE_PRIMARY)}});
    } catch (const std::bad_alloc&) {  // a notice is not worth the session
    }
}

void LibpqSession::deliver_notices() noexcept {
    const std::vector<StoredNotice> notices = std::exchange(notices_, {});
    for (const StoredNotice& notice : notices) {
        if (state_ != SessionState::ready || pending_.empty()) return;
        pending_.front().sink->on_notice({notice.sqlstate, notice.severity, notice.message});
    }
}

}  // namespace picoxx::libpq
