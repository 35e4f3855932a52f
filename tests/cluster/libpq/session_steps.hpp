#pragma once

#include <picoxx/testing/collecting_sink.hpp>
#include <picoxx/testing/session_driver.hpp>

#include <picoxx/port/session.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace picoxx::testing {

inline Command execute(CStringView sql, Command::Sync sync = Command::Sync::after) {
    Command command;
    command.sql = sql;
    command.sync = sync;
    return command;
}

inline Command execute_prepared(CStringView statement, std::span<const Parameter> parameters = {},
                                Command::Sync sync = Command::Sync::after) {
    Command command;
    command.statement = statement;
    command.parameters = parameters;
    command.sync = sync;
    return command;
}

inline Command prepare(CStringView statement, CStringView sql, Command::Sync sync = Command::Sync::after) {
    Command command = execute(sql, sync);
    command.kind = Command::Kind::prepare;
    command.statement = statement;
    return command;
}

inline Command close_statement(CStringView statement) {
    Command command;
    command.kind = Command::Kind::close_statement;
    command.statement = statement;
    return command;
}

/// An int8 on the wire.
inline std::array<std::byte, 8> int8_bytes(std::int64_t number) {
    std::array<std::byte, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::byte>(static_cast<std::uint64_t>(number) >> (8 * (7 - i)));
    }
    return bytes;
}

inline std::string int8_text(std::int64_t number) {
    const auto bytes = int8_bytes(number);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Parameter text_parameter(std::string_view text) {
    return {oid::text, Format::text, std::as_bytes(std::span{text.data(), text.size()})};
}

inline void submit(Session& session, const Command& command, ResponseSink& sink) {
    const Status status = session.submit(command, sink);
    ASSERT_TRUE(status.ok()) << status.error().text;
}

inline void finish(Session& session, const CollectingSink& sink) {
    ASSERT_TRUE(drive(session, [&] { return sink.done(); })) << "no answer";
    EXPECT_EQ(sink.calls_after_end, 0U);
}

/// Executes one command to its end.
inline CollectingSink run(Session& session, const Command& command) {
    CollectingSink sink;
    submit(session, command, sink);
    finish(session, sink);
    return sink;
}

}  // namespace picoxx::testing
