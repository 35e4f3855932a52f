#pragma once

#include "bound_parameters.hpp"
#include "command_queue.hpp"
#include "connect_failure.hpp"
#include "libpq_handles.hpp"
#include "owned_command.hpp"
#include "result_blocks.hpp"

#include <picoxx/port/session.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::libpq {

/// One libpq connection as a state machine.
///
/// A lone execute goes the plain way, which costs one send and one recv. Whatever else there is (a batch, a prepare,
/// commands submitted before the first was answered) goes through libpq's pipeline mode; libpq changes the mode only
/// while nothing is in flight, so commands that come during a plain one wait here for its end. They wait here too while
/// the socket takes no more, since libpq's own buffer grows without bound and is moved with each partial write.
///
/// If the connection breaks within `submit`, where no sink may be called, the session is `closed` at once and the sinks
/// hear it from the next `advance` (with any readiness) or `close`.
class LibpqSession final : public Session {
public:
    /// Takes a connection that PQconnectStart began. `with_tls`: a connection string to begin anew with where the
    /// server refuses this one for want of TLS; empty for none.
    LibpqSession(ConnectionHandle connection, std::string node, ServerOptions server_options,
                 std::string with_tls) noexcept;
    ~LibpqSession() override;

    [[nodiscard]] NativeSocket socket() const noexcept override;
    [[nodiscard]] Interest interest() const noexcept override;
    [[nodiscard]] SessionState state() const noexcept override { return state_; }
    SessionState advance(Interest ready) noexcept override;

    Status submit(const Command& command, ResponseSink& sink) noexcept override;
    void resume() noexcept override { paused_ = false; }
    [[nodiscard]] std::size_t in_flight() const noexcept override { return pending_.size(); }

    void close() noexcept override;
    [[nodiscard]] const Error* failure() const noexcept override;

    [[nodiscard]] TlsState tls() const noexcept override;
    [[nodiscard]] std::string_view server_parameter(CStringView name) const noexcept override;

private:
    enum class Mode : std::uint8_t { plain, pipeline };
    /// Where the bytes of the commands handed to libpq are.
    enum class Output : std::uint8_t {
        sent,     // all with the system
        held,     // some in libpq, until the batch is complete or the next `advance`
        blocked,  // some in libpq, because the socket takes no more
    };
    /// What libpq reports next of the oldest command.
    enum class Step : std::uint8_t { parse, describe, result, sync, finished };

    /// What is known so far of the answer to the oldest command.
    struct Answer {
        Step step = Step::result;
        bool given = false;        // something came for this step
        bool end_at_sync = false;  // libpq said "no more" while the Sync's answer was due
        std::optional<Error> error;
        std::unique_ptr<RowBlock> rows;  // Delivery::whole
        std::unique_ptr<StreamedBlock> batch;
        std::shared_ptr<const PGresult> description;  // of the stream's columns
        std::array<char, 64> tag{};                   // libpq's own size for it
        std::size_t tag_size = 0;
        std::optional<std::uint64_t> affected;
    };
    struct StoredNotice {
        std::string sqlstate;
        std::string severity;
        std::string message;
    };

    static constexpr std::string_view ended_by_server = "the server ended the session";

    // session_connecting.cpp
    SessionState advance_connecting(Interest ready) noexcept;
    void refuse_self_connection() noexcept;
    void fail_connecting() noexcept;
    [[nodiscard]] bool begin_with_tls(const Error& refusal) noexcept;

    // session_sending.cpp
    void end_batch() noexcept;
    [[nodiscard]] bool must_wait() const noexcept;
    [[nodiscard]] bool choose_mode(const Command& command) noexcept;
    [[nodiscard]] bool hand_over(const Command& command);
    void send_waiting() noexcept;
    void flush() noexcept;
    void start_streaming() noexcept;

    // session_receiving.cpp
    void read_decrypted() noexcept;
    void process() noexcept;
    void take(ResultHandle result) noexcept;
    void take_rows(ResultHandle result) noexcept;
    void take_streamed_row(const PGresult* result) noexcept;
    void take_description(const PGresult* result) noexcept;
    void take_error(const PGresult* result) noexcept;
    void remember_tag(PGresult* result) noexcept;
    void end_step() noexcept;
    void deliver_batch() noexcept;
    void begin_answer() noexcept;
    void fail_command(Error error) noexcept;
    void finish_command() noexcept;
    static void receive_notice(void* self, const PGresult* notice) noexcept;
    void deliver_notices() noexcept;

    // libpq_session.cpp
    [[nodiscard]] Error lost_error() const noexcept;
    void break_down(Error error) noexcept;
    void lose(Error error) noexcept;
    void fail_pending(const Error& error) noexcept;
    [[nodiscard]] std::size_t sent() const noexcept { return pending_.size() - waiting_.size(); }

    ConnectionHandle connection_;
    SessionState state_ = SessionState::connecting;
    Mode mode_ = Mode::plain;
    Output output_ = Output::sent;
    Interest connect_interest_ = Interest::write;
    ServerOptions server_options_;
    bool tls_ = false;
    bool paused_ = false;
    bool batch_open_ = false;     // the last command handed over had Sync::later
    std::size_t held_bytes_ = 0;  // about what an open batch has in libpq

    CommandQueue pending_;             // unanswered, oldest first
    std::list<OwnedCommand> waiting_;  // the youngest of them, not yet handed to libpq
    Answer answer_;
    BoundParameters parameters_;

    std::vector<StoredNotice> notices_;
    std::vector<Oid> described_parameters_;
    std::vector<Column> described_columns_;

    std::string node_;
    std::string with_tls_;
    std::optional<Error> failure_;
    std::optional<Error> last_words_;  // a FATAL that is no command's answer
};

}  // namespace picoxx::libpq
