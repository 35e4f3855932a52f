#pragma once

#include "pool/client_core.hpp"
#include "session/dial.hpp"
#include "task/task.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace picoxx {

/// A Dial for which the engine keeps a place at a node, and what the engine hears of it. A part of a task; a task of
/// its own, in the background, once its caller has left.
class PooledDial final : public Task {
public:
    /// Ends after `timeouts.connect` at the latest; the caller would like to have it before `hurry`.
    /// @pre the engine answered `dial` with `node`, which is this dial's to account for
    [[nodiscard]] static std::unique_ptr<PooledDial> make(ClientCore& core, PoolNode& node, TimePoint hurry,
                                                          TimePoint now);
    /// One that no call has asked for, in the background; the pool gets the connection. While it takes its time nobody
    /// counts on it, and its node is not dialled again. @pre `node` is among `take_dials`
    static void start_in_background(ClientCore& core, PoolNode& node) noexcept;
    PooledDial(ClientCore& core, PoolNode& node, TimePoint hurry, TimePoint now);
    /// Gives the place back, if the dial did not come to its end.
    ~PooledDial() override;

    /// @return `finished` when `take` has something to give; once the caller has left, when the pool has it.
    Await resume(const Wakeup& wakeup, TimePoint now) override;
    /// Gives the place back.
    void let_go() noexcept override;
    /// The connection, in use by the caller; null where there is none: the node is then among the failed ones of
    /// `request`.
    /// @pre resume answered `finished`
    [[nodiscard]] Result<std::unique_ptr<Connection>> take(Face face, TimePoint now);

    /// What it waits for since its last step.
    [[nodiscard]] const Await& await() const noexcept { return await_; }
    [[nodiscard]] const PoolNode& node() const noexcept { return *node_; }

    /// The caller goes: the dial goes on in the background and the pool gets the connection. A handshake that is broken
    /// off may count as a failed login, of which four lock the account (measured), and says nothing about the node.
    static void leave(std::unique_ptr<PooledDial> dial);
    /// The same. @return `error`, with the node and how far the dial is
    [[nodiscard]] static Error leave(std::unique_ptr<PooledDial> dial, Error error);

private:
    void deliver(TimePoint now);
    [[nodiscard]] Result<std::unique_ptr<Connection>> finish();
    [[nodiscard]] Error failed(Error error, TimePoint now);
    void forget_caller(Engine& engine);

    ClientCore& core_;
    PoolNode* node_;  // null once the engine has heard how it ended
    // `left` also where there was none, and it takes its time.
    enum class Caller : std::uint8_t { present, left, none };
    Caller caller_ = Caller::present;
    TimePoint slow_at_;  // without a caller: who counts on it counts on it no more
    Await await_;
    TimePoint now_;             // when it was last resumed
    std::uint32_t generation_;  // when it was begun
    std::optional<Dial> dial_;
};

}  // namespace picoxx
