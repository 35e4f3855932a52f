#pragma once

#include "session/exchange.hpp"

#include <picoxx/port/session.hpp>
#include <picoxx/port/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace picoxx {

struct PoolNode;

/// The two ways to make calls.
enum class Face : std::uint8_t { synchronous, asynchronous };

/// What a shell keeps at a connection between two uses, such as its registration with an event loop.
class ShellAttachment {
public:
    virtual ~ShellAttachment() = default;
};

/// A session with what belongs to it: its prepared statements and the statement under way.
/// Owned by whoever uses it: the engine while it is idle, else one call or one background task.
class Connection {
public:
    Connection(PoolNode& node, std::unique_ptr<Session> session, std::string address, std::size_t statement_cache_size)
        : node_{&node}, address_{std::move(address)}, exchange_{statement_cache_size}, session_{std::move(session)} {}

    /// When it is to be closed, at rest.
    [[nodiscard]] TimePoint end_of_life() const noexcept { return end_of_life_; }
    /// See PoolNode::generation.
    [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
    void lives_until(TimePoint end, std::uint32_t generation) noexcept {
        end_of_life_ = end;
        generation_ = generation;
    }

    /// The engine's node it belongs to; read and changed under the client's lock.
    [[nodiscard]] PoolNode& node() const noexcept { return *node_; }
    void move_to(PoolNode& node, std::uint32_t generation) noexcept {
        node_ = &node;
        generation_ = generation;
    }
    /// Made under a name that several nodes may have; the one that it belongs to is found out, or cannot be.
    [[nodiscard]] bool is_identified() const noexcept { return is_identified_; }
    void identified() noexcept { is_identified_ = true; }

    [[nodiscard]] Session& session() const noexcept { return *session_; }
    [[nodiscard]] Exchange& exchange() noexcept { return exchange_; }
    /// The numeric address it is connected to.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }

    /// Fit for another statement.
    [[nodiscard]] bool at_rest() const noexcept {
        return session_->state() == SessionState::ready && exchange_.done() && session_->in_flight() == 0;
    }

    /// Reads what came while nobody used it. @return why it is of no use any more; Errc::ok where it is
    [[nodiscard]] Error look() noexcept {
        if (session_->advance(Interest::read) == SessionState::ready) return {};
        const Error* const failure = session_->failure();
        return failure != nullptr ? *failure : make_error(Errc::connection_lost, "the connection was closed");
    }

    [[nodiscard]] TimePoint last_used() const noexcept { return last_used_; }
    void used(TimePoint now) noexcept { last_used_ = now; }
    /// Which face used it last.
    [[nodiscard]] Face face() const noexcept { return face_; }
    void used_by(Face face) noexcept { face_ = face; }

    /// The next one of a chain of connections that nobody needs any more.
    void set_next(std::unique_ptr<Connection> next) noexcept { next_ = std::move(next); }
    [[nodiscard]] std::unique_ptr<Connection> take_next() noexcept { return std::move(next_); }

    [[nodiscard]] ShellAttachment* attachment() const noexcept { return attachment_.get(); }
    void attach(std::unique_ptr<ShellAttachment> attachment) noexcept { attachment_ = std::move(attachment); }

private:
    PoolNode* node_;
    TimePoint last_used_{};
    TimePoint end_of_life_ = no_deadline;
    std::uint32_t generation_ = 0;
    Face face_ = Face::synchronous;
    bool is_identified_ = false;
    // The exchange holds the sinks that the session calls when it is closed, and the attachment watches its socket: so
    // the session goes between the two.
    std::string address_;
    Exchange exchange_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<ShellAttachment> attachment_;
    std::unique_ptr<Connection> next_;
};

}  // namespace picoxx
