#pragma once

#include <cstdint>
#include <string>

namespace picoxx {

/// How a client's balance strategy does at one moment. It counts from the last set_balance_strategy or
/// reset_balance_strategy on.
struct BalanceStatus {
    std::string strategy;          ///< Its registered name; `custom` for an object or a function of the application.
    std::uint64_t bad_picks = 0;   ///< Answers that were no candidate, nor `npos`.
    std::uint64_t slow_picks = 0;  ///< Picks that took 1 ms or longer, of those that were measured.
    bool replaced = false;         ///< It was too slow too often: its nodes are taken in turn until it is set or reset.
};

}  // namespace picoxx
