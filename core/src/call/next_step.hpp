#pragma once

#include <picoxx/statement.hpp>

#include <picoxx/port/error.hpp>
#include <picoxx/port/time.hpp>

#include <cstdint>

namespace picoxx {

/// How one attempt to execute a statement on one connection ended.
struct Verdict {
    enum class Kind : std::uint8_t {
        answered,       ///< The server's answer is whole, well or an error.
        refused_stale,  ///< Refused before anything ran: what was prepared is out of date. The connection is at rest.
        refused_full,   ///< Refused before anything ran: the server's statement store was full, and has room now.
        refused_stuck,  ///< Refused before anything ran: that store is full, and will have room when this connection has ended.
        lost,  ///< The connection ended, and the server said that it ends it, or nothing of the statement was sent.
        lost_silently,  ///< The connection ended without a word while the statement was under way.
    };
    Kind kind = Kind::answered;
    Effect effect = Effect::none;  ///< What this attempt has done.
};

/// The attempts of one call so far.
struct Attempts {
    std::uint32_t made = 0;
    std::uint32_t refused = 0;   ///< Of those: refused before anything ran.
    std::uint32_t in_doubt = 0;  ///< Of those: lost with an effect that is not known.
};

/// What follows an attempt.
enum class NextStep : std::uint8_t {
    finish,
    repeat_here,               ///< On the same connection.
    repeat_anywhere,           ///< On another connection, of whatever node the strategy chooses.
    repeat_if_the_node_lives,  ///< On a new connection to the same node; if it takes none, the call ends.
};

/// Decides what follows an attempt; nothing else does. `attempts` counts the one that has just ended.
///
/// A statement of unknown effect is repeated only where it is marked idempotent, and once at most. Where its node ended
/// without a word it may have been the statement that ended it (measured: an IN list of 1500 ends a Picodata node), so
/// it is repeated only if that node still takes connections: else it would be carried from node to node and end them
/// all.
[[nodiscard]] NextStep next_step(const Verdict& verdict, const Attempts& attempts, Idempotence idempotence,
                                 Duration time_left) noexcept;

}  // namespace picoxx
