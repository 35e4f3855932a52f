#pragma once

#include "pool/client_core.hpp"
#include "session/dial.hpp"
#include "task/task.hpp"

#include <picoxx/port/discovery_source.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace picoxx {

/// Learns the nodes of the cluster: asks one node after another, over a connection of its own, until one gives a picture; the client
/// keeps what it knew where none does. Only one runs at a time.
class Refresh final : public Task, private DiscoveryContext {
public:
    /// `core` outlives the task. If another one is under way when it starts, it ends at once and is `superfluous`. Ends before
    /// `give_up_at`, where each node has its own bounds.
    explicit Refresh(ClientCore& core, TimePoint give_up_at = no_deadline) noexcept
        : core_{core}, give_up_at_{give_up_at} {}
    ~Refresh() override;

    Await resume(const Wakeup& wakeup, TimePoint now) noexcept override;

    /// Why no node gave a picture; Errc::ok where one did. @pre resume answered `finished`
    [[nodiscard]] const Error& error() const noexcept { return error_; }
    /// Another refresh was under way, or the client is closed. @pre resume answered `finished`
    [[nodiscard]] bool superfluous() const noexcept { return superfluous_; }

private:
    enum class Stage : std::uint8_t { starting, waiting, dialling, asking, finished };

    [[nodiscard]] const Endpoint& endpoint() const noexcept override { return connection_.endpoint; }
    [[nodiscard]] std::string_view user() const noexcept override { return core_.settings().connect.user; }
    void query(CStringView sql, std::span<const Parameter> parameters, ResponseSink& sink) noexcept override;
    void publish(Topology topology) noexcept override;
    void fail(Error error) noexcept override;

    // So that one node with an old picture of the cluster is not asked for ever.
    static constexpr std::uint32_t looks_per_connection = 10;

    [[nodiscard]] Await start(TimePoint now);
    [[nodiscard]] Await finish(Error error);
    [[nodiscard]] Await ask_next(TimePoint now);
    [[nodiscard]] Await dial(TimePoint now);
    void leave_dial();
    void drop_session() noexcept;
    [[nodiscard]] Await dialled(const Await& await, TimePoint now);
    [[nodiscard]] Await ask(TimePoint now);
    [[nodiscard]] Await asked(TimePoint now);
    [[nodiscard]] Await node_failed(Error error, TimePoint now);
    void translate_addresses(Topology& topology) const;

    ClientCore& core_;
    TimePoint give_up_at_;
    Stage stage_ = Stage::starting;
    std::vector<Endpoint> order_;
    std::size_t next_ = 0;
    std::optional<Dial> dial_;
    ClientCore::DiscoveryConnection connection_;
    bool reused_ = false;
    bool superfluous_ = false;
    TimePoint until_{};
    TimePoint now_{};  // when it was last resumed
    std::optional<Topology> published_;
    std::optional<Error> failed_;
    std::vector<Error> failures_;
    Error error_;
};

/// Starts a refresh in the background, if the client discovers, something made the topology doubtful, and none is under way.
void request_refresh(ClientCore& core);

}  // namespace picoxx
