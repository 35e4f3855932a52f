#include "libpq_session.hpp"

#include "command_messages.hpp"
#include "decrypted_bytes.hpp"
#include "result_error.hpp"
#include "spare_error.hpp"

#include <new>
#include <utility>

namespace picoxx::libpq {
namespace {

/// A stream's block is handed out when it has this many rows or bytes, or when no more is there for now.
constexpr std::size_t block_rows = 256;
constexpr std::size_t block_bytes = 64 * 1024;

/// Commands of an open batch stay in libpq up to this size, so that a small batch is one send.
constexpr std::size_t held_limit = 32 * 1024;

constexpr std::string_view ended_by_server = "the server ended the session";

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

LibpqSession::LibpqSession(ConnectionHandle connection, std::string node, ServerOptions server_options,
                           std::string with_tls) noexcept
    : connection_{std::move(connection)},
      server_options_{server_options},
      node_{std::move(node)},
      with_tls_{std::move(with_tls)} {
    PQsetNoticeReceiver(connection_.get(), receive_notice, this);
}

LibpqSession::~LibpqSession() { close(); }

NativeSocket LibpqSession::socket() const noexcept {
    return state_ == SessionState::closed ? no_socket : PQsocket(connection_.get());
}

Interest LibpqSession::interest() const noexcept {
    switch (state_) {
        case SessionState::connecting: return connect_interest_;
        case SessionState::closed: return Interest::none;
        case SessionState::ready: break;
    }
    if (output_ == Output::sent) return paused_ ? Interest::none : Interest::read;
    return paused_ ? Interest::write : Interest::both;
}

SessionState LibpqSession::advance(Interest ready) noexcept {
    if (state_ == SessionState::connecting) return advance_connecting(ready);
    if (state_ == SessionState::closed) {
        if (failure_) fail_pending(*failure_);  // lost within `submit`
        return state_;
    }

    if (wants_write(ready) || output_ == Output::held) flush();
    if (wants_read(ready) && !paused_) PQconsumeInput(connection_.get());
    if (tls_ && !paused_) read_decrypted();
    process();
    if (state_ != SessionState::ready || paused_) return state_;
    if (PQstatus(connection_.get()) == CONNECTION_BAD) {
        lose(lost_error());
    } else if (!waiting_.empty()) {
        send_waiting();
    }
    return state_;
}

// ---- connecting

SessionState LibpqSession::advance_connecting(Interest ready) noexcept {
    // libpq takes its own call for readiness: it must not come early.
    const auto wanted = static_cast<unsigned>(connect_interest_);
    if ((static_cast<unsigned>(ready) & wanted) == 0) return state_;
    switch (PQconnectPoll(connection_.get())) {
        case PGRES_POLLING_READING: connect_interest_ = Interest::read; break;
        case PGRES_POLLING_WRITING: connect_interest_ = Interest::write; break;
        case PGRES_POLLING_OK:
            if (PQsetnonblocking(connection_.get(), 1) != 0) {
                fail_connecting();
                break;
            }
            tls_ = PQsslInUse(connection_.get()) != 0;
            state_ = SessionState::ready;
            break;
        default: fail_connecting();
    }
    return state_;
}

void LibpqSession::fail_connecting() noexcept {
    state_ = SessionState::closed;
    try {
        failure_ = connect_failure(PQerrorMessage(connection_.get()), node_, server_options_);
        if (begin_with_tls(*failure_)) return;
    } catch (const std::bad_alloc&) {
        failure_ = spare_error(Errc::out_of_memory, Effect::none);
    }
    connection_.reset();
}

// The server refused a connection without TLS before it looked at the password.
bool LibpqSession::begin_with_tls(const Error& refusal) noexcept {
    const bool wants_tls = refusal.code == Errc::tls_failed || refusal.sqlstate == "28000";
    if (with_tls_.empty() || !wants_tls) return false;
    ConnectionHandle again{PQconnectStart(std::exchange(with_tls_, {}).c_str())};
    if (!again || PQstatus(again.get()) == CONNECTION_BAD) return false;
    connection_ = std::move(again);
    PQsetNoticeReceiver(connection_.get(), receive_notice, this);
    connect_interest_ = Interest::write;
    state_ = SessionState::connecting;
    failure_.reset();
    return true;
}

// ---- sending

Status LibpqSession::submit(const Command& command, ResponseSink& sink) noexcept {
    if (state_ != SessionState::ready) {
        return spare_error(state_ == SessionState::closed ? Errc::connection_lost : Errc::internal, Effect::none,
                           "the session is not ready", node_);
    }
    bool handed_over = false;
    try {
        if (Status acceptable = check(command); !acceptable.ok()) return acceptable;
        pending_.push({&sink, command.kind, command.delivery, command.sync, command.describe});
        try {
            if (must_wait()) {
                waiting_.emplace_back(command);
                return {};
            }
            if (pending_.size() == 1) begin_answer();
            handed_over = hand_over(command);
        } catch (const std::bad_alloc&) {
            pending_.pop_back();
            throw;
        }
    } catch (const std::bad_alloc&) {
        return spare_error(Errc::out_of_memory, Effect::none);
    }
    if (!handed_over) {
        pending_.pop_back();
        const std::string_view words{PQerrorMessage(connection_.get())};
        const Errc code = words.find("out of memory") != std::string_view::npos ? Errc::out_of_memory
                                                                                : Errc::connection_lost;
        break_down(lost_error());
        return spare_error(code, Effect::none, "the command could not be sent", node_);
    }
    if (PQstatus(connection_.get()) == CONNECTION_BAD) {
        break_down(lost_error());
    } else if (pending_.size() == 1) {
        start_streaming();
    }
    return {};
}

// Asked with the command already among `pending_`.
bool LibpqSession::must_wait() const noexcept {
    return !waiting_.empty() || output_ == Output::blocked || (mode_ == Mode::plain && pending_.size() > 1);
}

// Asked with the command already among `pending_`.
bool LibpqSession::choose_mode(const Command& command) noexcept {
    const bool alone = pending_.size() == 1 && command.sync == Command::Sync::after &&
                       command.kind != Command::Kind::prepare;
    if (mode_ == Mode::pipeline || alone) return true;
    if (PQenterPipelineMode(connection_.get()) == 0) return false;
    mode_ = Mode::pipeline;
    return true;
}

bool LibpqSession::hand_over(const Command& command) {
    if (!choose_mode(command) || !send_messages(connection_.get(), command, parameters_)) return false;
    batch_open_ = command.sync == Command::Sync::later;
    if (batch_open_) {
        output_ = Output::held;
        held_bytes_ += size_of(command);
        if (held_bytes_ >= held_limit) flush();
        return true;
    }
    if (mode_ == Mode::pipeline && !send_sync(connection_.get())) return false;
    flush();
    return true;
}

void LibpqSession::flush() noexcept {
    // A failure shows itself to the next read, which may also find the server's last words.
    held_bytes_ = 0;
    output_ = PQflush(connection_.get()) == 1 ? Output::blocked : Output::sent;
}

void LibpqSession::send_waiting() noexcept {
    while (!waiting_.empty() && output_ != Output::blocked) {
        const bool oldest = sent() == 0;
        if (mode_ == Mode::plain && !oldest) return;
        bool handed_over = false;
        try {
            handed_over = hand_over(waiting_.front().command());
        } catch (const std::bad_alloc&) {
            return lose(spare_error(Errc::out_of_memory, Effect::unknown));
        }
        waiting_.pop_front();
        if (!handed_over || PQstatus(connection_.get()) == CONNECTION_BAD) return lose(lost_error());
        if (oldest) start_streaming();
    }
}

// libpq wants to hear it when the command has become the oldest and nothing of its answer was read.
void LibpqSession::start_streaming() noexcept {
    const PendingCommand& oldest = pending_.front();
    if (oldest.kind == Command::Kind::execute && oldest.delivery == Command::Delivery::streamed) {
        PQsetSingleRowMode(connection_.get());
    }
}

// ---- receiving

// What libpq left inside OpenSSL shows itself to no poll(2). Flushing reads, too.
void LibpqSession::read_decrypted() noexcept {
    while (decrypted_bytes(connection_.get()) > 0 && PQconsumeInput(connection_.get()) != 0) {
    }
}

void LibpqSession::process() noexcept {
    while (state_ == SessionState::ready && !paused_) {
        if (!pending_.empty() && answer_.step == Step::finished) {
            finish_command();
            if (pending_.empty()) return;  // what else came is for the next look
            continue;
        }
        // Parses, also what belongs to no command: notices, parameters, the server's last words.
        const bool busy = PQisBusy(connection_.get()) != 0;
        if (!notices_.empty()) deliver_notices();
        if (state_ != SessionState::ready || busy || sent() == 0) break;
        take(ResultHandle{PQgetResult(connection_.get())});
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

void LibpqSession::begin_answer() noexcept {
    const bool prepares = !pending_.empty() && pending_.front().kind == Command::Kind::prepare;
    answer_.step = prepares ? Step::parse : Step::result;
    answer_.given = false;
    answer_.end_at_sync = false;
    answer_.error.reset();
    answer_.rows.reset();
    answer_.batch.reset();
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
    const auto tag = answer_.tag;
    const CommandTag end{{tag.data(), answer_.tag_size}, answer_.affected};
    pending_.pop_front();
    if (!pending_.empty()) {
        begin_answer();
        if (sent() != 0) start_streaming();
    } else if (mode_ == Mode::pipeline && !batch_open_ && PQexitPipelineMode(connection_.get()) != 0) {
        mode_ = Mode::plain;
    }
    // The sink may submit the next command, close the session or be destroyed in its last call.
    if (error) {
        sink.on_error(std::move(*error));
    } else {
        sink.on_result(std::move(rows), end);
    }
}

// ---- notices

// libpq calls it while it parses. Sinks hear of it when that is over, since they may submit.
void LibpqSession::receive_notice(void* self, const PGresult* notice) noexcept {
    auto& session = *static_cast<LibpqSession*>(self);
    if (session.state_ != SessionState::ready) return;
    if (session.pending_.empty()) {
        if (is_fatal(notice)) session.last_words_ = error_from(notice, session.node_);
        return;
    }
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

// ---- the end

void LibpqSession::close() noexcept {
    if (failure_) return fail_pending(*failure_);
    state_ = SessionState::closed;
    connection_.reset();
    if (pending_.empty()) return;
    fail_pending(spare_error(Errc::connection_lost, Effect::unknown, "the session was closed", node_));
}

const Error* LibpqSession::failure() const noexcept { return failure_ ? &*failure_ : nullptr; }

Error LibpqSession::lost_error() const noexcept {
    try {
        Error error = last_words_ ? *last_words_ : make_error(Errc::connection_lost, "the connection was lost");
        error.code = Errc::connection_lost;
        error.node = node_;
        if (last_words_) {
            error.text = ended_by_server;
        } else {
            const std::string_view words{PQerrorMessage(connection_.get())};
            if (!words.empty()) error.text.append(": ").append(words.substr(0, words.find('\n')));
        }
        return error;
    } catch (const std::bad_alloc&) {
        return spare_error(Errc::connection_lost, Effect::none);
    }
}

void LibpqSession::break_down(Error error) noexcept {
    state_ = SessionState::closed;
    failure_ = std::move(error);
    failure_->effect = Effect::none;  // each command has its own
    connection_.reset();
}

void LibpqSession::lose(Error error) noexcept {
    break_down(std::move(error));
    fail_pending(*failure_);
}

void LibpqSession::fail_pending(const Error& error) noexcept {
    std::optional<Error> known = std::exchange(answer_.error, std::nullopt);  // what the server said of the oldest
    while (!pending_.empty()) {
        ResponseSink& sink = *pending_.front().sink;
        const Effect effect = sent() == 0 ? Effect::none : Effect::unknown;
        if (effect == Effect::none) waiting_.pop_front();
        pending_.pop_front();
        Error own = known ? std::move(*known) : spare_copy(error, effect);
        known.reset();
        sink.on_error(std::move(own));
    }
}

// ---- observation

TlsState LibpqSession::tls() const noexcept {
    TlsState state;
    if (connection_ == nullptr || !tls_) return state;
    state.active = true;
    const char* const protocol = PQsslAttribute(connection_.get(), "protocol");
    const char* const cipher = PQsslAttribute(connection_.get(), "cipher");
    state.protocol = protocol == nullptr ? "" : protocol;
    state.cipher = cipher == nullptr ? "" : cipher;
    return state;
}

std::string_view LibpqSession::server_parameter(CStringView name) const noexcept {
    const char* const value = connection_ == nullptr ? nullptr : PQparameterStatus(connection_.get(), name.c_str());
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

}  // namespace picoxx::libpq
