#include <picoxx/spdlog/spdlog_sink.hpp>

#include <picoxx/port/plugin.hpp>

// Kept: spdlog has static objects.
PICOXX_PLUGIN_WITH_FLAGS("spdlog", PICOXX_VERSION_TEXT, PICOXX_PLUGIN_FLAG_KEEP_MAPPED,
                         picoxx::sdk::component<picoxx::LogSink, picoxx::SpdlogSink>(
                             "spdlog", "the log by spdlog, to a file or to standard error"));
