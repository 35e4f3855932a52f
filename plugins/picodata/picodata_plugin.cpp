#include <picoxx/picodata/picodata_discovery.hpp>
#include <picoxx/picodata/picodata_router.hpp>

#include <picoxx/port/plugin.hpp>

PICOXX_PLUGIN("picodata", PICOXX_VERSION_TEXT,
              picoxx::sdk::component<picoxx::DiscoverySource, picoxx::PicodataDiscovery>(
                  "picodata", "the nodes of a Picodata cluster, from its system tables"),
              picoxx::sdk::component<picoxx::StatementRouter, picoxx::PicodataRouter>(
                  "picodata", "the owners of statements' rows, learned from EXPLAIN"));
