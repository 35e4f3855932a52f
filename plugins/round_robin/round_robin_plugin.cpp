#include <picoxx/strategies/round_robin.hpp>

#include <picoxx/port/plugin.hpp>

PICOXX_PLUGIN("round_robin", PICOXX_VERSION_TEXT,
              picoxx::sdk::component<picoxx::BalanceStrategy, picoxx::RoundRobin>("round_robin", "each node in turn"));
