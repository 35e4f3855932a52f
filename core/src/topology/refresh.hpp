#pragma once

#include "pool/client_core.hpp"
#include "session/dial.hpp"
#include "task/task.hpp"
#include "topology/refresh_turns.hpp"

#include <picoxx/port/discovery_source.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace picoxx {

/// Learns the nodes of the cluster: asks one node after another, over a connection of its own, until one gives a
/// picture that may be believed; the client keeps what it knew where none does. A part of a task, driven by the same
/// wake-ups.
class Refresh final : private DiscoveryContext {
public:
    /// The references outlive it. Ends before `give_up_at`, where each node has its own bounds.
    /// @pre the turn is the caller's; this object ends it
    Refresh(ClientCore& core, RefreshTurns& turns, Waker& waker, TimePoint give_up_at = no_deadline) noexcept
        : core_{core}, turns_{turns}, waker_{waker}, give_up_at_{give_up_at} {}
    ~Refresh();
    Refresh(const Refresh&) = delete;
    Refresh& operator=(const Refresh&) = delete;

    [[nodiscard]] Await resume(const Wakeup& wakeup, TimePoint now);

    /// Why no node gave a picture; Errc::ok where one did, or where none was better than the one at hand. @pre resume
    /// answered `finished`
    [[nodiscard]] const Error& error() const noexcept { return error_; }
    /// A picture was taken. Without one and without an error, the nodes that answered knew less than the client.
    [[nodiscard]] bool took_picture() const noexcept { return took_; }

private:
    enum class Stage : std::uint8_t { starting, waiting, dialling, waiting_for_left, asking, finished };

    [[nodiscard]] const Endpoint& endpoint() const noexcept override { return connection_.endpoint; }
    [[nodiscard]] std::string_view user() const noexcept override { return core_.settings().connect.user; }
    void query(CStringView sql, std::span<const Parameter> parameters, ResponseSink& sink) noexcept override;
    void publish(Topology topology) noexcept override;
    void fail(Error error) noexcept override;

    // So that one node with an old picture of the cluster is not asked for ever.
    static constexpr std::uint32_t looks_per_connection = 10;

    [[nodiscard]] Await start(TimePoint now);
    [[nodiscard]] Await ask_next(TimePoint now);
    [[nodiscard]] Await dial(TimePoint now);
    [[nodiscard]] Await dialled(Await await, TimePoint now);
    [[nodiscard]] Await leave_and_go_on(TimePoint now);
    [[nodiscard]] bool waits_for_left_dials();
    void name_those_left();
    [[nodiscard]] Await ask(TimePoint now);
    [[nodiscard]] Await asked(TimePoint now);
    [[nodiscard]] Await answered(Topology picture, TimePoint now);
    void take(const Topology& picture, const Endpoint& from, TimePoint now);
    [[nodiscard]] Await node_failed(Error error, TimePoint now);
    [[nodiscard]] Await give_up(TimePoint now);
    [[nodiscard]] Await finish(RefreshTurns::Ending ending, Error error);
    void leave_dial();
    [[nodiscard]] bool is_confirmed(Topology& picture, Endpoint& from, std::span<const KnownNode> known);
    void end_turn(RefreshTurns::Ending ending);
    void hang_up() noexcept;

    ClientCore& core_;
    RefreshTurns& turns_;
    Waker& waker_;
    TimePoint give_up_at_;
    Stage stage_ = Stage::starting;
    std::vector<Endpoint> order_;
    std::size_t next_ = 0;
    std::vector<Endpoint> put_off_;  // since somebody was connecting there
    std::unique_ptr<Dial> dial_;
    TimePoint dial_until_ = no_deadline;  // its next step in time
    TimePoint look_at_ = no_deadline;     // for another node, while it dials
    std::vector<Error> left_;             // dials that go on in the background, and how far they were
    RefreshTurns::Kept connection_;
    std::uint32_t generation_ = 0;  // of the engine, when it began
    bool reused_ = false;
    bool was_wanted_ = false;    // something had made the topology doubtful
    bool dial_is_told_ = false;  // to the engine, which is to hear of its end
    TimePoint until_{};
    TimePoint now_{};  // when it was last resumed
    std::optional<Topology> published_;
    std::optional<Error> failed_;

    // A picture that another node shall confirm, and who gave it.
    struct Doubtful {
        Topology picture;
        Endpoint from;
        std::vector<std::string> lacking;
    };
    std::optional<Doubtful> doubtful_;
    bool is_contradicted_ = false;  // by another that lacks other nodes
    bool knows_better_ = false;     // than a node that gave an older picture
    bool took_ = false;
    std::vector<Error> failures_;
    Error error_;
};

}  // namespace picoxx
