// A plugin into which another one is linked. It is never unmapped, which the other does not ask for.
#include "first_strategy.hpp"

PICOXX_PLUGIN_WITH_FLAGS("two_descriptors", "1.0.0", PICOXX_PLUGIN_FLAG_KEEP_MAPPED,
                         picoxx::sdk::component<picoxx::BalanceStrategy, FirstStrategy>("outer", "the first"));

extern "C" const picoxx_plugin_descriptor picoxx_plugin_entry_round_robin;

// So that the linker takes it.
extern "C" const picoxx_plugin_descriptor* picoxx_test_inner_plugin() { return &picoxx_plugin_entry_round_robin; }
