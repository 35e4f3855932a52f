#include <picoxx/spdlog/spdlog_sink.hpp>
#include <picoxx/testing/collecting_log_sink.hpp>
#include <picoxx/testing/log_sink_contract.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

namespace picoxx::testing {
namespace {

LogSinkContractParam::Made collecting() {
    const auto sink = std::make_shared<CollectingLogSink>();
    return {sink, [sink] {
                std::string text;
                for (const auto& line : sink->lines())
                    text += line.component + ' ' + line.node + ' ' + line.message + '\n';
                return text;
            }};
}

// [spdlog]
LogSinkContractParam::Made over_spdlog() {
    const auto text = std::make_shared<std::ostringstream>();
    const auto logger = std::make_shared<spdlog::logger>("test",
                                                         std::make_shared<spdlog::sinks::ostream_sink_mt>(*text));
    logger->set_level(spdlog::level::trace);
    return {spdlog_sink(logger), [text] { return text->str(); }};
}

INSTANTIATE_TEST_SUITE_P(shipped, LogSinkContract,
                         ::testing::Values(LogSinkContractParam{"collecting", &collecting},
                                           LogSinkContractParam{"spdlog", &over_spdlog}),
                         [](const auto& tested) { return tested.param.name; });
// [spdlog]

}  // namespace
}  // namespace picoxx::testing
