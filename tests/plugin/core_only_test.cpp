// A program of the core alone, with transport, discovery and strategy loaded, against a development cluster.
#include <picoxx/testing/dev_cluster.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include <stdio.h>

namespace picoxx {
namespace {

TEST(CoreOnly, does_the_quickstart_with_everything_loaded) {
    const testing::DevCluster cluster{testing::DevClusterOptions{3, 1}};
    const std::string command = std::string{PICOXX_TEST_PROGRAM} + " '" PICOXX_TEST_SHIPPED "' '" + cluster.dsn() +
                                "' 2>&1";
    FILE* const program = ::popen(command.c_str(), "r");
    ASSERT_NE(program, nullptr);
    std::string output;
    for (std::array<char, 256> line{}; ::fgets(line.data(), line.size(), program) != nullptr;) output += line.data();
    EXPECT_EQ(::pclose(program), 0) << output;
    EXPECT_THAT(output, ::testing::HasSubstr("1 test\n"));
    EXPECT_THAT(output, ::testing::HasSubstr("2 bolt\n"));
    EXPECT_THAT(output, ::testing::HasSubstr("3 nodes\n"));
}

}  // namespace
}  // namespace picoxx
