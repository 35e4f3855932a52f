#pragma once

#include <picoxx/port/balance_strategy.hpp>

#include <memory>
#include <string>

/// The first node of the program's own zone; the first of all where that has none.
[[nodiscard]] std::shared_ptr<picoxx::BalanceStrategy> same_zone(std::string zone);
