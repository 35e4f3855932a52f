#include <picoxx/strategies/least_busy.hpp>

#include <picoxx/port/plugin.hpp>

PICOXX_PLUGIN("least_busy", PICOXX_VERSION_TEXT,
              picoxx::sdk::component<picoxx::BalanceStrategy, picoxx::LeastBusy>(
                  "least_busy", "the node with the fewest statements in flight"));
