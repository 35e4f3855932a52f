#include "command_messages.hpp"
#include "libpq_session.hpp"
#include "spare_error.hpp"

#include <new>

namespace picoxx::libpq {
namespace {

/// Commands of an open batch stay in libpq up to this size, so that a small batch is one send.
constexpr std::size_t held_limit = 32 * 1024;

}  // namespace

Status LibpqSession::submit(const Command& command, ResponseSink& sink) noexcept {
    if (state_ != SessionState::ready) {
        return spare_error(state_ == SessionState::closed ? Errc::connection_lost : Errc::internal, Effect::none,
                           "the session is not ready", node_);
    }
    bool handed_over = false;
    try {
        if (Status acceptable = bind(command, parameters_); !acceptable.ok()) {
            if (command.sync == Command::Sync::after) end_batch();
            return acceptable;
        }
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

// The command that was to end the batch is refused: the others still get their answers.
void LibpqSession::end_batch() noexcept {
    if (pending_.empty() || pending_.back().sync == Command::Sync::after) return;
    pending_.back().sync = Command::Sync::after;
    if (!waiting_.empty()) return waiting_.back().end_batch();
    batch_open_ = false;
    if (!send_sync(connection_.get())) return break_down(lost_error());
    flush();
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

// @pre `parameters_` are the command's
bool LibpqSession::hand_over(const Command& command) {
    if (!choose_mode(command) || !send_messages(connection_.get(), command, parameters_)) return false;
    batch_open_ = command.sync == Command::Sync::later;
    if (batch_open_) {
        output_ = Output::held;
        held_bytes_ += parameters_.bytes();
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
            const Command& command = waiting_.front().command();
            handed_over = bind(command, parameters_).ok() && hand_over(command);
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

}  // namespace picoxx::libpq
