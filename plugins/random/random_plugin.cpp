#include <picoxx/strategies/random.hpp>

#include <picoxx/port/plugin.hpp>

PICOXX_PLUGIN("random", PICOXX_VERSION_TEXT,
              picoxx::sdk::component<picoxx::BalanceStrategy, picoxx::Random>("random", "any node, each as likely"));
