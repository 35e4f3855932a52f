#include "owned_command.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace picoxx::libpq {
namespace {

TEST(OwnedCommand, keeps_all_bytes_when_the_original_is_gone_and_when_it_moves) {
    auto source = std::make_unique<std::pair<std::string, std::string>>("name", "SELECT $1, $2, $3");
    auto value = std::make_unique<std::string>("value");
    std::vector<Parameter> parameters{
        {oid::text, Format::text, std::as_bytes(std::span{*value})},
        {oid::int8, Format::binary, std::nullopt},
        {oid::text, Format::text, std::span<const std::byte>{}},
    };
    Command command;
    command.kind = Command::Kind::prepare;
    command.statement = source->first;
    command.sql = source->second;
    command.parameters = parameters;
    command.delivery = Command::Delivery::streamed;
    command.sync = Command::Sync::later;

    OwnedCommand first{command};
    source.reset();
    value.reset();
    parameters.clear();
    std::vector<OwnedCommand> elsewhere;
    elsewhere.push_back(std::move(first));
    elsewhere.reserve(10);

    const Command& copy = elsewhere.front().command();
    EXPECT_EQ(copy.kind, Command::Kind::prepare);
    EXPECT_EQ(copy.delivery, Command::Delivery::streamed);
    EXPECT_EQ(copy.sync, Command::Sync::later);
    EXPECT_STREQ(copy.statement.c_str(), "name");
    EXPECT_STREQ(copy.sql.c_str(), "SELECT $1, $2, $3");
    ASSERT_EQ(copy.parameters.size(), 3U);
    EXPECT_STREQ(reinterpret_cast<const char*>(copy.parameters[0].value->data()), "value");
    EXPECT_EQ(copy.parameters[0].value->size(), 5U);
    EXPECT_FALSE(copy.parameters[1].value);
    ASSERT_TRUE(copy.parameters[2].value);
    EXPECT_TRUE(copy.parameters[2].value->empty());
}

}  // namespace
}  // namespace picoxx::libpq
