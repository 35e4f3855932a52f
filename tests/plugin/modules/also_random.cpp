// Another plugin with a component that the one of picoxx::random has.
#include "first_strategy.hpp"

PICOXX_PLUGIN("also_random", "1.0.0",
              picoxx::sdk::component<picoxx::BalanceStrategy, FirstStrategy>("unused", "the first"),
              picoxx::sdk::component<picoxx::BalanceStrategy, FirstStrategy>("random", "the first, too"));
