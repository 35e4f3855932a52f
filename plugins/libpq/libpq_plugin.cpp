#include <picoxx/libpq/libpq_transport.hpp>

#include <picoxx/port/plugin.hpp>

// Kept: OpenSSL, which libpq brings along, cannot be unmapped.
PICOXX_PLUGIN_WITH_FLAGS(
    "libpq", PICOXX_VERSION_TEXT, PICOXX_PLUGIN_FLAG_KEEP_MAPPED,
    picoxx::sdk::component<picoxx::Transport, picoxx::LibpqTransport>("libpq", "connections to nodes over libpq"));
