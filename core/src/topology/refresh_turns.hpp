#pragma once

#include "pool/client_core.hpp"
#include "task/task.hpp"

#include <picoxx/port/endpoint.hpp>
#include <picoxx/port/error.hpp>
#include <picoxx/port/session.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace picoxx {

/// One look at the topology at a time, shared by all who want one: who looks, who waits for it, and how it ended.
/// Thread safety: all functions. Wakers are called under the client's lock.
class RefreshTurns {
public:
    /// `core` outlives it.
    explicit RefreshTurns(ClientCore& core) noexcept : core_{core} {}
    RefreshTurns(const RefreshTurns&) = delete;
    RefreshTurns& operator=(const RefreshTurns&) = delete;

    /// Which looks serve somebody who asks while one is under way.
    enum class Need : std::uint8_t {
        any,    ///< One that ends from now on.
        fresh,  ///< One that puts its question from now on.
    };
    /// Somebody's wish for a look, kept by him from question to question.
    struct Wish {
        Need need = Need::any;
        std::uint64_t look = 0;  ///< The first look that serves it; 0 until it has to wait for one.
    };

    enum class Turn : std::uint8_t {
        mine,    ///< The caller looks, and then calls `end`.
        wait,    ///< Somebody looks: the waker is called when that has ended; ask again then.
        served,  ///< A look that serves the wish has ended; its error is filled in.
        closed,  ///< The client is closed.
    };
    [[nodiscard]] Turn take(Wish& wish, Waker& waker, Error& error);
    /// The waker need not be called any more.
    void withdraw(Waker& waker) noexcept;

    /// The question is put now. @pre the caller has the turn
    void asks();
    /// How the look ended. One that was given up by whoever made it serves nobody: another of those who wait takes its
    /// place.
    /// @pre the caller has the turn
    enum class Ending : std::uint8_t { shared, given_up };
    void end(Ending ending, const Error& error);

    /// Ends every wait. To be called when the client was closed.
    void close();

    /// The connection that is kept between two looks. Only who has the turn uses it.
    struct Kept {
        Endpoint endpoint;
        std::unique_ptr<Session> session;
        std::uint32_t looks = 0;       ///< That it served.
        std::uint32_t generation = 0;  ///< Of the engine, when the look began that made it.
    };
    [[nodiscard]] Kept& kept() noexcept { return kept_; }

    /// A dial is made to its end without the look that began it.
    void dial_left() noexcept;
    /// It has ended: a look under way may have its connection, or its error.
    void left_dial_ended(const Endpoint& endpoint, std::unique_ptr<Session> session, Error error);
    /// What became of such dials since the look began.
    struct Found {
        Kept made;  ///< Without a session where there is none.
        std::vector<Error> failed;
        bool more = false;  ///< Some have not ended. The waker, if there is one, is called when one does.
    };
    /// @pre the caller has the turn
    [[nodiscard]] Found take_found(Waker* waker);
    /// Connections so made that the look under way has not taken yet. Called under the client's lock.
    [[nodiscard]] std::size_t made_by_left_dials() const noexcept { return made_.size(); }

private:
    ClientCore& core_;
    // All of this under the client's lock.
    std::uint64_t begun_ = 0;  // looks so far
    std::uint64_t ended_ = 0;  // the last one that may be shared
    Error error_;              // of that
    bool running_ = false;
    bool asking_ = false;
    std::vector<Waker*> waiting_;
    Kept kept_;
    std::size_t left_dials_ = 0;
    std::vector<Kept> made_;  // by left dials, during the look under way
    std::vector<Error> failed_;
    Waker* looks_ = nullptr;  // who waits for a left dial
};

}  // namespace picoxx
