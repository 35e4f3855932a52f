#include "libpq_session.hpp"

#include <charconv>
#include <cstring>
#include <new>
#include <utility>

#include "result_error.hpp"

namespace picoxx::libpq {
namespace {

/// A stream's block is handed out when it has this many rows or bytes, or when no more is there for now.
constexpr std::size_t block_rows = 256;
constexpr std::size_t block_bytes = 64 * 1024;

/// An Error in times of need: short enough to allocate nothing.
Error short_error(Errc code, Effect effect) noexcept {
    Error error;
    error.code = code;
    error.effect = effect;
    return error;
}

Error copy_of(const Error& error, Effect effect) noexcept {
    try {
        Error copy = error;
        copy.effect = effect;
        return copy;
    } catch (const std::bad_alloc&) {
        return short_error(error.code, effect);
    }
}

Error with_node(Errc code, std::string_view text, const std::string& node, Effect effect) noexcept {
    try {
        Error error = make_error(code, std::string{text}, effect);
        error.node = node;
        return error;
    } catch (const std::bad_alloc&) {
        return short_error(code, effect);
    }
}

std::optional<std::uint64_t> affected_rows(PGresult* result) noexcept {
    const char* const text = PQcmdTuples(result);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), number);
    if (error != std::errc{} || end == text) return std::nullopt;
    return number;
}

std::string_view field(const PGresult* result, int code) noexcept {
    const char* const text = PQresultErrorField(result, code);
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

std::string_view first_line(std::string_view text) noexcept { return text.substr(0, text.find('\n')); }

std::string deallocate(std::string_view statement) {
    std::string sql = "DEALLOCATE \"";
    for (const char c : statement) {
        if (c == '"') sql += '"';
        sql += c;
    }
    sql += '"';
    return sql;
}

}  // namespace

LibpqSession::LibpqSession(ConnectionHandle connection, std::string node,
                           ServerOptions server_options) noexcept
    : connection_{std::move(connection)}, server_options_{server_options}, node_{std::move(node)} {
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
        if (failure_) fail_pending(*failure_);
        return state_;
    }

    bool alive = true;
    if (wants_write(ready) || output_ == Output::held) flush();
    if (wants_read(ready) && !paused_) alive = PQconsumeInput(connection_.get()) != 0;
    process();
    if (state_ != SessionState::ready || paused_) return state_;
    if (!alive || PQstatus(connection_.get()) == CONNECTION_BAD) {
        lose_connection();
    } else {
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
    } catch (const std::bad_alloc&) {
        failure_ = short_error(Errc::out_of_memory, Effect::none);
    }
    connection_.reset();
}

// ---- sending

Status LibpqSession::submit(const Command& command, ResponseSink& sink) noexcept {
    if (state_ != SessionState::ready) {
        return with_node(state_ == SessionState::closed ? Errc::connection_lost : Errc::internal, "the session is not ready",
                         node_, Effect::none);
    }
    try {
        if (auto refused = find_refused(command)) return std::move(*refused);
        pending_.push({&sink, command.kind, command.delivery, command.sync});
        try {
            if (must_wait()) {
                waiting_.emplace_back(command);
                return {};
            }
            if (pending_.size() == 1) begin_answer();
            if (hand_over(command)) return {};
        } catch (...) {
            pending_.pop_back();
            throw;
        }
    } catch (const std::bad_alloc&) {
        return short_error(Errc::out_of_memory, Effect::none);
    }
    // Nothing was sent that could execute, but libpq may hold half a command: the session is of no use any more.
    pending_.pop_back();
    const bool memory = std::string_view{PQerrorMessage(connection_.get())}.find("out of memory") != std::string_view::npos;
    Error error = with_node(memory ? Errc::out_of_memory : Errc::connection_lost, "the command could not be sent", node_, Effect::none);
    break_down(copy_of(error, Effect::none));
    return error;
}

std::optional<Error> LibpqSession::find_refused(const Command& command) {
    const auto wrong = [](std::string text) { return make_error(Errc::invalid_argument, std::move(text)); };
    if (command.row_limit != 0) return make_error(Errc::unsupported, "libpq has no row limit: stream the rows instead");
    if (command.kind == Command::Kind::close_statement && command.statement.empty()) {
        return wrong("a statement without a name cannot be closed");
    }
    if (std::memchr(command.statement.c_str(), 0, command.statement.size()) != nullptr ||
        std::memchr(command.sql.c_str(), 0, command.sql.size()) != nullptr) {
        return wrong("the statement holds a NUL byte");
    }
    if (command.parameters.size() > BoundParameters::max_count) {
        return wrong(std::to_string(command.parameters.size()) + " parameters are more than the protocol's " +
                     std::to_string(BoundParameters::max_count));
    }
    if (command.kind != Command::Kind::execute) return std::nullopt;
    for (std::size_t i = 0; i < command.parameters.size(); ++i) {
        if (const char* const why = why_refused(command.parameters[i])) {
            return wrong("parameter $" + std::to_string(i + 1) + " " + why);
        }
    }
    return std::nullopt;
}

// Asked with the command already among `pending_`.
bool LibpqSession::must_wait() const noexcept {
    if (!waiting_.empty() || output_ == Output::blocked) return true;
    return mode_ == Mode::plain && pending_.size() > 1;
}

// Asked with the command already among those handed over.
bool LibpqSession::choose_mode(const Command& command) noexcept {
    const bool idle = sent() == 1;
    const bool alone = command.sync == Command::Sync::after && command.kind != Command::Kind::prepare && waiting_.empty();
    if (mode_ == Mode::pipeline) {
        if (idle && alone && PQexitPipelineMode(connection_.get()) != 0) mode_ = Mode::plain;
        return true;
    }
    if (alone) return true;
    if (PQenterPipelineMode(connection_.get()) == 0) return false;
    mode_ = Mode::pipeline;
    return true;
}

bool LibpqSession::hand_over(const Command& command) {
    if (!choose_mode(command) || !send_messages(command)) return false;
    if (command.sync == Command::Sync::later) {
        output_ = Output::held;
        return true;
    }
    if (mode_ == Mode::pipeline && PQpipelineSync(connection_.get()) == 0) return false;
    flush();
    return true;
}

bool LibpqSession::send_messages(const Command& command) {
    PGconn* const connection = connection_.get();
    const int format = static_cast<int>(command.result_format);
    switch (command.kind) {
        case Command::Kind::prepare:
            parameters_.bind(command.parameters);
            return PQsendPrepare(connection, command.statement.c_str(), command.sql.c_str(), parameters_.count(), parameters_.types()) != 0 &&
                   PQsendDescribePrepared(connection, command.statement.c_str()) != 0;
        case Command::Kind::close_statement:
#ifdef LIBPQ_HAS_CLOSE_PREPARED
            return PQsendClosePrepared(connection, command.statement.c_str()) != 0;
#else
            return PQsendQueryParams(connection, deallocate(command.statement).c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 0;
#endif
        case Command::Kind::execute: break;
    }
    parameters_.bind(command.parameters);
    if (command.statement.empty()) {
        return PQsendQueryParams(connection, command.sql.c_str(), parameters_.count(), parameters_.types(), parameters_.values(),
                                 parameters_.lengths(), parameters_.formats(), format) != 0;
    }
    return PQsendQueryPrepared(connection, command.statement.c_str(), parameters_.count(), parameters_.values(), parameters_.lengths(),
                               parameters_.formats(), format) != 0;
}

void LibpqSession::flush() noexcept {
    // A failure shows itself to the next read, which may also find the server's last words.
    output_ = PQflush(connection_.get()) == 1 ? Output::blocked : Output::sent;
}

void LibpqSession::send_waiting() noexcept {
    while (!waiting_.empty() && output_ != Output::blocked && (mode_ == Mode::pipeline || sent() == 0)) {
        const OwnedCommand next = std::move(waiting_.front());
        waiting_.pop_front();
        bool handed_over = false;
        try {
            handed_over = hand_over(next.command());
        } catch (const std::bad_alloc&) {
            handed_over = false;
        }
        if (!handed_over) return lose_connection();
    }
}

// ---- receiving

void LibpqSession::process() noexcept {
    while (state_ == SessionState::ready && sent() > 0 && !paused_) {
        if (answer_.step == Step::finished) {  // it was paused at its last rows
            finish_command();
            continue;
        }
        if (answer_.step == Step::result && pending_.front().delivery == Command::Delivery::streamed && !answer_.asked_for_rows) {
            PQsetSingleRowMode(connection_.get());
            answer_.asked_for_rows = true;
        }
        const bool busy = PQisBusy(connection_.get()) != 0;
        deliver_notices();
        if (state_ != SessionState::ready) return;
        if (busy) break;
        ResultHandle result{PQgetResult(connection_.get())};
        deliver_notices();
        if (state_ != SessionState::ready) return;
        if (result != nullptr) {
            take(std::move(result));
        } else {
            end_step();
        }
    }
    if (state_ == SessionState::ready && !paused_) {
        PQisBusy(connection_.get());  // notices and parameters that belong to no command
        deliver_notices();
        if (state_ == SessionState::ready && answer_.batch && answer_.batch->row_count() > 0) deliver_batch();
    }
}

void LibpqSession::take(ResultHandle result) noexcept {
    switch (PQresultStatus(result.get())) {
        case PGRES_SINGLE_TUPLE: return take_streamed_row(std::move(result));
        case PGRES_TUPLES_OK: return take_rows(std::move(result));
        case PGRES_COMMAND_OK:
            if (answer_.step == Step::describe) return take_description(result.get());
            return take_tag(result.get());
        case PGRES_EMPTY_QUERY: return;
        case PGRES_PIPELINE_SYNC: answer_.step = Step::finished; return finish_command();
        case PGRES_PIPELINE_ABORTED:
            if (!answer_.error) answer_.error = with_node(Errc::skipped, "an earlier statement of the batch failed", node_, Effect::none);
            return;
        default: return take_error(std::move(result));
    }
}

void LibpqSession::take_tag(PGresult* result) noexcept {
    std::strncpy(answer_.tag.data(), PQcmdStatus(result), answer_.tag.size() - 1);
    answer_.affected = affected_rows(result);
}

void LibpqSession::take_rows(ResultHandle result) noexcept {
    take_tag(result.get());
    try {
        if (pending_.front().delivery == Command::Delivery::whole) {
            answer_.rows = std::make_unique<WholeResultBlock>(std::move(result));
        } else if (!answer_.description) {
            // A stream without rows still has columns.
            answer_.description = std::shared_ptr<const PGresult>{result.release(), ClearResult{}};
            answer_.batch = std::make_unique<StreamedBlock>(answer_.description);
        }
    } catch (const std::bad_alloc&) {
        answer_.error = short_error(Errc::out_of_memory, Effect::unknown);
    }
}

void LibpqSession::take_streamed_row(ResultHandle result) noexcept {
    if (answer_.error) return;
    try {
        if (!answer_.description) answer_.description = std::shared_ptr<const PGresult>{PQcopyResult(result.get(), PG_COPYRES_ATTRS), ClearResult{}};
        if (!answer_.batch) answer_.batch = std::make_unique<StreamedBlock>(answer_.description);
        answer_.batch->append(result.get());
    } catch (const std::bad_alloc&) {
        answer_.error = short_error(Errc::out_of_memory, Effect::unknown);
        return;
    }
    if (answer_.batch->row_count() >= block_rows || answer_.batch->byte_count() >= block_bytes) deliver_batch();
}

void LibpqSession::take_description(const PGresult* result) noexcept {
    if (answer_.error) return;
    try {
        described_parameters_.clear();
        for (int i = 0; i < PQnparams(result); ++i) described_parameters_.push_back(PQparamtype(result, i));
        described_columns_.clear();
        for (int i = 0; i < PQnfields(result); ++i) described_columns_.push_back(column_of(result, i));
    } catch (const std::bad_alloc&) {
        answer_.error = short_error(Errc::out_of_memory, Effect::none);
        return;
    }
    pending_.front().sink->on_described(described_parameters_, described_columns_);
}

void LibpqSession::take_error(ResultHandle result) noexcept {
    if (!is_from_server(result.get()) && PQstatus(connection_.get()) == CONNECTION_BAD) return lose_connection();
    Error error = error_from(result.get(), node_);
    if (is_fatal(result.get())) {
        error.code = Errc::connection_lost;
        last_words_ = copy_of(error, Effect::unknown);
    }
    if (!answer_.error) answer_.error = std::move(error);
    answer_.rows.reset();
    answer_.batch.reset();
}

// libpq has no more of the oldest command's current step.
void LibpqSession::end_step() noexcept {
    switch (answer_.step) {
        case Step::parse: answer_.step = Step::describe; return;
        case Step::describe:
        case Step::result:
            answer_.step = mode_ == Mode::pipeline && pending_.front().sync == Command::Sync::after ? Step::sync : Step::finished;
            break;
        case Step::sync: return;  // libpq says so before a sync as well
        case Step::finished: break;
    }
    if (answer_.step == Step::finished) finish_command();
}

void LibpqSession::deliver_batch() noexcept {
    if (pending_.front().sink->on_rows(std::move(answer_.batch)) == Flow::pause) paused_ = true;
}

void LibpqSession::finish_command() noexcept {
    if (!answer_.error) {
        if (answer_.batch) {
            deliver_batch();
        } else if (answer_.rows) {
            static_cast<void>(pending_.front().sink->on_rows(std::move(answer_.rows)));
        }
        if (state_ != SessionState::ready) return;  // the sink closed the session
        if (paused_) return;                        // the end comes after `resume`
    }
    ResponseSink& sink = *pending_.front().sink;
    const Answer answer = std::exchange(answer_, {});
    pending_.pop_front();
    if (!pending_.empty()) begin_answer();
    if (answer.error) {
        sink.on_error(*answer.error);
    } else {
        sink.on_complete(CommandTag{answer.tag.data(), answer.affected});
    }
}

void LibpqSession::begin_answer() noexcept {
    answer_ = {};
    answer_.step = pending_.front().kind == Command::Kind::prepare ? Step::parse : Step::result;
}

// ---- notices

void LibpqSession::receive_notice(void* self, const PGresult* notice) noexcept {
    try {
        static_cast<LibpqSession*>(self)->notices_.push_back({std::string{field(notice, PG_DIAG_SQLSTATE)},
                                                              std::string{field(notice, PG_DIAG_SEVERITY)},
                                                              std::string{field(notice, PG_DIAG_MESSAGE_PRIMARY)}});
    } catch (const std::bad_alloc&) {
        // A notice less.
    }
}

void LibpqSession::deliver_notices() noexcept {
    if (notices_.empty()) return;
    for (const StoredNotice& notice : std::exchange(notices_, {})) {
        if (state_ != SessionState::ready || pending_.empty()) return;
        pending_.front().sink->on_notice(Notice{notice.sqlstate, notice.severity, notice.message});
    }
}

// ---- the end

void LibpqSession::close() noexcept {
    const bool was_closed = state_ == SessionState::closed;
    state_ = SessionState::closed;
    connection_.reset();
    if (was_closed && failure_) {
        fail_pending(*failure_);
    } else {
        fail_pending(with_node(Errc::connection_lost, "the session was closed", node_, Effect::unknown));
    }
}

const Error* LibpqSession::failure() const noexcept { return failure_ ? &*failure_ : nullptr; }

void LibpqSession::lose_connection() noexcept {
    Error error = last_words_ ? std::move(*last_words_) : with_node(Errc::connection_lost, "the connection was lost", node_, Effect::unknown);
    if (!last_words_ && connection_ != nullptr) {
        try {
            const std::string_view words = first_line(PQerrorMessage(connection_.get()));
            if (!words.empty()) error.text += ": " + std::string{words};
        } catch (const std::bad_alloc&) {
            // Without the reason.
        }
    }
    lose(std::move(error));
}

void LibpqSession::lose(Error error) noexcept {
    break_down(std::move(error));
    fail_pending(*failure_);
}

void LibpqSession::break_down(Error error) noexcept {
    state_ = SessionState::closed;
    error.code = error.code == Errc::ok ? Errc::connection_lost : error.code;
    failure_ = std::move(error);
    failure_->effect = Effect::none;
    connection_.reset();
}

void LibpqSession::fail_pending(const Error& error) noexcept {
    std::size_t handed_over = sent();
    waiting_.clear();
    // What the oldest one had already been told by the server holds.
    std::optional<Error> known = std::exchange(answer_, {}).error;
    while (!pending_.empty()) {
        ResponseSink& sink = *pending_.front().sink;
        pending_.pop_front();
        const Effect effect = handed_over > 0 ? Effect::unknown : Effect::none;
        if (handed_over > 0) --handed_over;
        if (known) {
            sink.on_error(std::move(*std::exchange(known, std::nullopt)));
        } else {
            sink.on_error(copy_of(error, effect));
        }
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
