#pragma once

#include "sim_world.hpp"

#include <picoxx/port/balance_strategy.hpp>

#include <memory>
#include <string>

namespace picoxx::simulation {

struct NamedStrategy {
    std::shared_ptr<BalanceStrategy> strategy;
    std::string name;
};

/// One that takes turns, chooses at random, goes by load, insists on one node, or makes no sense.
[[nodiscard]] NamedStrategy any_strategy(World& world);

}  // namespace picoxx::simulation
