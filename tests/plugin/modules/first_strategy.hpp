#pragma once

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/plugin.hpp>

/// A strategy for plugins of which it matters only how they load.
class FirstStrategy final : public picoxx::BalanceStrategy {
public:
    std::size_t pick(std::span<const picoxx::Candidate>, const picoxx::PickContext&) noexcept override { return 0; }
};
