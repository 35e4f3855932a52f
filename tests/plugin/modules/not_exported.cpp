// The form for static linking, in a loadable library.
#define PICOXX_PLUGIN_STATIC_NAME hidden
#include "first_strategy.hpp"

PICOXX_PLUGIN("not_exported", "1.0.0",
              picoxx::sdk::component<picoxx::BalanceStrategy, FirstStrategy>("first", "the first"));
