#pragma once

#include <picoxx/testing/fake_node.hpp>

#include <picoxx/port/session.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

namespace picoxx::testing {

/// A session without a network. Its socket is an event descriptor that is readable while an answer or the end of the
/// connection waits, and always writable, so that poll(2) and Asio can drive it. As with a real one: answers come only
/// from an `advance` that was told of readiness to read, and the socket changes once while connecting.
class FakeSession final : public Session, private FakeNodeListener {
public:
    /// Rows in one block of a streamed delivery.
    static constexpr std::size_t rows_per_block = 2;

    explicit FakeSession(std::shared_ptr<FakeNode> node)
        : node_{std::move(node)}, socket_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
        node_->enter(*this);
    }
    ~FakeSession() override { leave(); }

    [[nodiscard]] NativeSocket socket() const noexcept override { return socket_; }

    [[nodiscard]] Interest interest() const noexcept override {
        if (state_ == SessionState::closed) return Interest::none;
        if (state_ == SessionState::connecting) {
            return step_ == Step::tcp ? Interest::write : Interest::read;
        }
        if (paused_) return Interest::none;
        return sent_ < queue_.size() ? Interest::both : Interest::read;
    }

    [[nodiscard]] SessionState state() const noexcept override { return state_; }

    SessionState advance(Interest ready) noexcept override {
        if (state_ == SessionState::closed) return state_;
        if (lost_ && wants_read(ready)) {
            end(state_ == SessionState::connecting ? make_error(Errc::connect_failed, "closed during the handshake")
                                                   : connection_lost(Effect::none));
            return state_;
        }
        if (state_ == SessionState::connecting) {
            log_in(ready);
        } else {
            if (wants_write(ready)) send_all();
            if (wants_read(ready)) receive();
            deliver();
        }
        signal_work();
        return state_;
    }

    Status submit(const Command& command, ResponseSink& sink) noexcept override {
        if (state_ != SessionState::ready || lost_) return connection_lost(Effect::none);
        if (command.row_limit != 0) {
            if (command.sync == Command::Sync::after) end_batch();
            return make_error(Errc::unsupported, "the fake has no row-limited execute");
        }
        Pending pending;
        pending.submission = copy(command);
        pending.sink = &sink;
        queue_.push_back(std::move(pending));
        if (node_->sending() == FakeNode::Sending::at_once) send_all();
        // Last, so that who sees it in the record may release it.
        record(queue_.back().submission);
        signal_work();
        return {};
    }

    // The rows that are already here need no readiness, so the socket is not made readable for them.
    void resume() noexcept override { paused_ = false; }

    [[nodiscard]] std::size_t in_flight() const noexcept override { return queue_.size(); }

    void close() noexcept override {
        if (state_ != SessionState::closed) end(std::nullopt);
    }

    [[nodiscard]] const Error* failure() const noexcept override { return failure_ ? &*failure_ : nullptr; }
    [[nodiscard]] TlsState tls() const noexcept override { return node_->tls(); }
    [[nodiscard]] std::string_view server_parameter(CStringView name) const noexcept override {
        return node_->server_parameter(name);
    }

private:
    enum class Step : std::uint8_t { tcp, handshake };

    struct Pending {
        FakeSubmission submission;
        ResponseSink* sink = nullptr;
        FakeAnswer answer;                // once sent
        std::uint64_t releases_then = 0;  // once sent
        std::size_t rows_delivered = 0;
        bool skipped = false;
        bool begun = false;
    };

    static FakeSubmission copy(const Command& command) {
        FakeSubmission copy;
        copy.kind = command.kind;
        copy.statement = command.statement.view();
        copy.sql = command.sql.view();
        copy.result_format = command.result_format;
        copy.delivery = command.delivery;
        copy.sync = command.sync;
        copy.describe = command.describe;
        for (const Parameter& parameter : command.parameters) {
            FakeParameter owned{parameter.type, parameter.format, null_cell};
            if (parameter.value) {
                owned.value.emplace(reinterpret_cast<const char*>(parameter.value->data()), parameter.value->size());
            }
            copy.parameters.push_back(std::move(owned));
        }
        return copy;
    }

    void log_in(Interest ready) {
        if (step_ == Step::tcp) {
            if (!wants_write(ready)) return;
            step_ = Step::handshake;
            releases_at_login_ = node_->releases();
            const std::lock_guard lock{socket_mutex_};
            const NativeSocket old = socket_;
            socket_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
            ::close(old);
            return;
        }
        if (!wants_read(ready) || login_hangs()) return;
        FakeNode::LoginPlan plan = node_->login();
        if (plan.login == FakeNode::Login::refuse || plan.login == FakeNode::Login::lose) {
            end(std::move(plan.error));
        } else {
            state_ = SessionState::ready;
        }
    }

    [[nodiscard]] bool login_hangs() const {
        return node_->login().login == FakeNode::Login::hang && node_->releases() == releases_at_login_;
    }

    // The server parses and executes what it reads at once, whatever the client hears later.
    void send_all() {
        for (; sent_ < queue_.size(); ++sent_) {
            Pending& pending = queue_[sent_];
            pending.releases_then = node_->releases();
            pending.skipped = batch_failed_ || server_gone_;
            if (!pending.skipped) {
                pending.answer = serve(pending.submission);
                const bool executes = pending.submission.kind == Command::Kind::execute &&
                                      pending.answer.timing == FakeAnswer::Timing::at_once;
                if (executes) record_execution(pending);
                batch_failed_ = pending.answer.ending == FakeAnswer::Ending::error;
                server_gone_ = loses_connection(pending.answer);
            }
            if (pending.submission.sync == Command::Sync::after) {
                batch_failed_ = false;
                answerable_ = sent_ + 1;
            }
        }
    }

    // Parsing the unnamed statement is no submission of its own, but the first half of the one that executes it.
    void record(FakeSubmission submission) {
        if (submission.kind == Command::Kind::prepare && submission.statement.empty()) {
            unnamed_sql_ = submission.sql;
            return;
        }
        const bool executes_unnamed = submission.kind == Command::Kind::execute && submission.statement.empty();
        if (executes_unnamed && submission.sql.empty()) submission.sql = unnamed_sql_;
        node_->record(std::move(submission));
    }

    // The command that was to do so is refused.
    void end_batch() {
        if (queue_.empty() || queue_.back().submission.sync == Command::Sync::after) return;
        queue_.back().submission.sync = Command::Sync::after;
        if (sent_ < queue_.size()) return;
        batch_failed_ = false;
        answerable_ = sent_;
        signal_work();
    }

    FakeAnswer serve(FakeSubmission& submission) {
        switch (submission.kind) {
            case Command::Kind::close_statement:
                statements_.erase(submission.statement);
                return done_answer("DEALLOCATE");
            case Command::Kind::prepare: {
                FakeAnswer answer = node_->take_answer(submission);
                answer.rows.clear();
                answer.tag.clear();
                answer.affected_rows.reset();
                if (answer.phase == FakeAnswer::Phase::execute) {
                    answer.ending = FakeAnswer::Ending::complete;
                    answer.timing = FakeAnswer::Timing::at_once;
                }
                if (answer.ending == FakeAnswer::Ending::complete) {
                    statements_[submission.statement] = submission.sql;
                }
                if (answer.parameters.empty()) {
                    for (const FakeParameter& parameter : submission.parameters) {
                        answer.parameters.push_back(parameter.type);
                    }
                }
                return answer;
            }
            case Command::Kind::execute: break;
        }
        if (submission.sql.empty()) {
            const auto found = statements_.find(submission.statement);
            if (found == statements_.end()) {
                return error_answer(server_error("Couldn't find statement '" + submission.statement + "'."));
            }
            submission.sql = found->second;
            return node_->take_answer(submission);
        }
        FakeAnswer answer = node_->take_answer(submission);
        const bool parsed = answer.ending == FakeAnswer::Ending::complete || answer.phase == FakeAnswer::Phase::execute;
        if (parsed) statements_[""] = submission.sql;
        return answer;
    }

    void record_execution(const Pending& pending) {
        if (pending.answer.ending == FakeAnswer::Ending::complete ||
            pending.answer.ending == FakeAnswer::Ending::lost_after_execution) {
            node_->record_execution(pending.submission.sql);
        }
    }

    [[nodiscard]] bool hangs(const Pending& pending) const {
        return !pending.skipped && pending.answer.timing == FakeAnswer::Timing::when_released &&
               pending.releases_then == node_->releases();
    }

    /// How many answers the network could hand over now.
    [[nodiscard]] std::size_t arrived() const {
        std::size_t count = 0;
        while (count < answerable_ && !hangs(queue_[count])) ++count;
        return count;
    }

    void receive() { received_ = std::max(received_, arrived()); }

    void deliver() {
        while (state_ == SessionState::ready && received_ > 0 && !paused_) {
            Pending& pending = queue_.front();
            if (!pending.skipped && !deliver_body(pending)) return;
            if (!deliver_ending()) return;
        }
    }

    /// What comes before the ending: all but the last rows, too.
    /// @return whether the ending may come
    bool deliver_body(Pending& pending) {
        if (!pending.begun) {
            pending.begun = true;
            if (pending.submission.kind == Command::Kind::execute &&
                pending.answer.timing == FakeAnswer::Timing::when_released) {
                record_execution(pending);
            }
            for (const OwnedNotice& notice : pending.answer.notices) {
                pending.sink->on_notice(notice.view());
                if (state_ != SessionState::ready) return false;  // the sink closed the session
            }
            if (pending.submission.kind == Command::Kind::prepare &&
                pending.submission.describe == Command::Describe::yes &&
                pending.answer.ending == FakeAnswer::Ending::complete) {
                describe(pending);
                if (state_ != SessionState::ready) return false;
            }
        }
        const bool streams = pending.submission.kind == Command::Kind::execute &&
                             pending.submission.delivery == Command::Delivery::streamed;
        while (streams && pending.rows_delivered + rows_per_block <= pending.answer.rows.size()) {
            auto block = pending.answer.block(
                std::exchange(pending.rows_delivered, pending.rows_delivered + rows_per_block), rows_per_block);
            const Flow flow = pending.sink->on_rows(std::move(block));
            if (state_ != SessionState::ready) return false;  // the sink closed the session
            if (flow == Flow::pause) {
                paused_ = true;
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] static bool loses_connection(const FakeAnswer& answer) {
        return answer.ending == FakeAnswer::Ending::lost_after_execution ||
               answer.ending == FakeAnswer::Ending::lost_before_execution;
    }

    static void describe(Pending& pending) {
        std::vector<Column> columns;
        for (const OwnedColumn& column : pending.answer.columns) columns.push_back(column.view());
        pending.sink->on_described(pending.answer.parameters, columns);
    }

    /// @return whether the session goes on
    bool deliver_ending() {
        Pending done = std::move(queue_.front());
        if (!done.skipped && loses_connection(done.answer)) {
            queue_.front() = std::move(done);
            end(connection_lost(Effect::none));
            return false;
        }
        queue_.pop_front();
        --sent_;
        --answerable_;
        --received_;
        // Last call: the sink may be gone, or have submitted more, when it returns.
        if (done.skipped) {
            done.sink->on_error(make_error(Errc::skipped, "an earlier statement of the batch failed"));
        } else if (done.answer.ending == FakeAnswer::Ending::error) {
            done.sink->on_error(std::move(done.answer.error));
        } else {
            done.sink->on_result(last_rows(done), {done.answer.tag, done.answer.affected_rows});
        }
        return state_ == SessionState::ready;
    }

    // Even an empty result has its columns.
    [[nodiscard]] static std::unique_ptr<RowBlock> last_rows(const Pending& done) {
        if (done.submission.kind != Command::Kind::execute) return nullptr;
        const bool all_streamed = done.rows_delivered > 0 && done.rows_delivered == done.answer.rows.size();
        return all_streamed ? nullptr : done.answer.block(done.rows_delivered);
    }

    void end(std::optional<Error> failure) {
        state_ = SessionState::closed;
        failure_ = std::move(failure);
        leave();
        std::deque<Pending> queue = std::exchange(queue_, {});
        const std::size_t sent = std::exchange(sent_, 0);
        answerable_ = 0;
        received_ = 0;
        for (std::size_t i = 0; i < queue.size(); ++i) {
            queue[i].sink->on_error(connection_lost(i < sent ? Effect::unknown : Effect::none));
        }
    }

    void leave() {
        if (socket_ == no_socket) return;
        node_->leave(*this);  // from here on no other thread signals
        ::close(socket_);
        socket_ = no_socket;
    }

    [[nodiscard]] bool has_work() const {
        if (lost_) return true;
        if (state_ == SessionState::connecting) return step_ == Step::handshake && !login_hangs();
        return arrived() > received_;
    }

    void signal_work() {
        if (state_ == SessionState::closed) return;
        if (!has_work()) {
            std::uint64_t count = 0;
            [[maybe_unused]] const auto read = ::read(socket_, &count, sizeof count);
        }
        // Asked again: a release or a loss may have come in between.
        if (has_work()) on_released();
    }

    void on_released() noexcept override {
        const std::lock_guard lock{socket_mutex_};
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(socket_, &one, sizeof one);
    }
    void on_lost() noexcept override {
        lost_ = true;
        on_released();
    }

    std::shared_ptr<FakeNode> node_;
    std::mutex socket_mutex_;  // a node signals from any thread
    NativeSocket socket_;
    std::atomic<bool> lost_ = false;
    SessionState state_ = SessionState::connecting;
    std::string unnamed_sql_;
    Step step_ = Step::tcp;
    std::uint64_t releases_at_login_ = 0;
    std::map<std::string, std::string> statements_;
    std::deque<Pending> queue_;
    std::size_t sent_ = 0;        // of queue_, from its front
    std::size_t answerable_ = 0;  // sent, and the batch is complete
    std::size_t received_ = 0;    // answers that are here
    bool batch_failed_ = false;
    bool server_gone_ = false;
    bool paused_ = false;
    std::optional<Error> failure_;
};

}  // namespace picoxx::testing
