#pragma once

#include <picoxx/port/log_sink.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace picoxx::testing {

/// A sink and how to read what it wrote.
struct LogSinkContractParam {
    struct Made {
        std::shared_ptr<LogSink> sink;
        std::function<std::string()> written;  ///< All of it, as text; called when nobody writes.
    };
    std::string name;
    std::function<Made()> make;  ///< A sink that wants every level.
};

inline std::ostream& operator<<(std::ostream& out, const LogSinkContractParam& param) { return out << param.name; }

/// What every LogSink obeys. Include it in one source file of a test program. Use:
/// `INSTANTIATE_TEST_SUITE_P(mine, LogSinkContract, ::testing::Values(LogSinkContractParam{...}));`
class LogSinkContract : public ::testing::TestWithParam<LogSinkContractParam> {
protected:
    [[nodiscard]] std::size_t count(std::string_view part) const {
        const std::string text = made_.written();
        std::size_t found = 0;
        for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
        return found;
    }

    LogSinkContractParam::Made made_ = GetParam().make();
};

TEST_P(LogSinkContract, writes_every_part_of_a_record) {
    made_.sink->write(LogRecord{LogLevel::warning, "pool", "i1 (10.0.0.1:4327)", "connection lost"});

    for (const char* part : {"pool", "i1 (10.0.0.1:4327)", "connection lost"}) EXPECT_EQ(count(part), 1U) << part;
}

TEST_P(LogSinkContract, takes_a_record_without_a_node) {
    made_.sink->write(LogRecord{LogLevel::error, "discovery", {}, "no answer"});

    EXPECT_EQ(count("no answer"), 1U);
}

TEST_P(LogSinkContract, takes_text_as_it_is) {
    made_.sink->write(LogRecord{LogLevel::info, "pool", {}, "100 % {} %s {0} \\n"});

    EXPECT_EQ(count("100 % {} %s {0}"), 1U);
}

TEST_P(LogSinkContract, keeps_no_view_of_a_record) {
    {
        std::string message = "a text that is gone after the call";
        made_.sink->write(LogRecord{LogLevel::info, "pool", {}, message});
        message.assign(message.size(), '#');
    }
    EXPECT_EQ(count("a text that is gone after the call"), 1U);
}

TEST_P(LogSinkContract, names_a_level_that_stays) {
    const LogLevel level = made_.sink->level();

    EXPECT_EQ(level, LogLevel::debug) << "the sink of this suite wants everything";
    EXPECT_EQ(made_.sink->level(), level);
}

TEST_P(LogSinkContract, is_written_to_from_many_threads) {
    constexpr std::size_t threads = 4;
    constexpr std::size_t records = 200;
    std::vector<std::thread> writers;
    for (std::size_t thread = 0; thread < threads; ++thread) {
        writers.emplace_back([&] {
            for (std::size_t i = 0; i < records; ++i) {
                made_.sink->write(LogRecord{LogLevel::info, "pool", "i1", "written at the same time"});
            }
        });
    }
    for (std::thread& writer : writers) writer.join();

    EXPECT_EQ(count("written at the same time"), threads * records);
}

}  // namespace picoxx::testing
