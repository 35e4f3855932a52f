#include "supervised_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace picoxx::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

bool says(SupervisedScript& script, const std::string& word) {
    const auto patience = std::chrono::steady_clock::now() + 30s;
    while (script.said().find(word) == std::string::npos) {
        if (std::chrono::steady_clock::now() > patience || !script.listen(1'000ms)) return false;
    }
    return true;
}

TEST(SupervisedScript, runs_in_a_directory_of_its_own_and_leaves_nothing) {
    std::string directory;
    {
        SupervisedScript script{"picoxx-unit", "pwd; echo with $1; echo more >file", {"an argument"}};
        directory = script.directory();
        EXPECT_TRUE(says(script, "with an argument"));
        EXPECT_THAT(script.said(), HasSubstr(directory));
        EXPECT_TRUE(fs::exists(directory));
    }
    EXPECT_FALSE(fs::exists(directory));
}

TEST(SupervisedScript, tells_its_server_to_end_until_it_hears) {
    // Deaf to the first SIGQUIT, as a server is that has only just begun.
    const char* const deaf_server = R"(
        python3 -c '
import os, signal
heard = []
signal.signal(signal.SIGQUIT, lambda *_: os._exit(0) if heard else heard.append(1))
print("started", flush=True)
while True: signal.pause()
' &
        server=$!
    )";
    std::string directory;
    {
        SupervisedScript script{"picoxx-unit", deaf_server, {}};
        directory = script.directory();
        ASSERT_TRUE(says(script, "started")) << script.said();
    }
    EXPECT_FALSE(fs::exists(directory));
}

TEST(SupervisedScript, a_script_that_fails_is_heard_and_leaves_nothing) {
    SupervisedScript script{"picoxx-unit", "echo no such thing; stop 1", {}};

    EXPECT_FALSE(says(script, "never said"));

    EXPECT_THAT(script.said(), HasSubstr("no such thing"));
    EXPECT_FALSE(fs::exists(script.directory()));
}

}  // namespace
}  // namespace picoxx::testing
