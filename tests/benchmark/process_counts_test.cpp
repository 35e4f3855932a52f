#include "process_counts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx::benchmark {
namespace {

std::size_t calls(const ProcessCounts& counts, std::string_view name) {
    const auto found = std::find(ProcessCounts::names.begin(), ProcessCounts::names.end(), name);
    return counts.calls.at(static_cast<std::size_t>(found - ProcessCounts::names.begin()));
}

class SocketPair : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
    void TearDown() override {
        for (const int end : ends_) ::close(end);
    }
    std::array<int, 2> ends_{};
};

TEST_F(SocketPair, calls_are_counted_by_name_and_still_work) {
    char byte = 'a';
    pollfd watched{ends_[1], POLLIN, 0};
    const ProcessCounts before = process_counts();

    ASSERT_EQ(::send(ends_[0], &byte, 1, 0), 1);
    ASSERT_EQ(::poll(&watched, 1, 1000), 1);
    byte = 0;
    ASSERT_EQ(::recv(ends_[1], &byte, 1, 0), 1);

    const ProcessCounts after = process_counts();
    EXPECT_EQ(byte, 'a');
    EXPECT_EQ(calls(after, "send") - calls(before, "send"), 1U);
    EXPECT_EQ(calls(after, "poll") - calls(before, "poll"), 1U);
    EXPECT_EQ(calls(after, "recv") - calls(before, "recv"), 1U);
    EXPECT_EQ(after.system_calls() - before.system_calls(), 3U);
}

TEST_F(SocketPair, calls_of_other_threads_are_counted) {
    const ProcessCounts before = process_counts();
    std::thread{[this] { EXPECT_EQ(::write(ends_[0], "a", 1), 1); }}.join();
    EXPECT_EQ(calls(process_counts(), "write") - calls(before, "write"), 1U);
}

// Volatile, or the compiler may leave out what nobody uses.
template <class Allocate>
std::size_t allocations_of(Allocate allocate) {
    const std::size_t before = process_counts().allocations;
    void* volatile memory = allocate();
    const std::size_t after = process_counts().allocations;
    std::free(memory);
    return after - before;
}

TEST(Allocations, each_kind_counts_once) {
    EXPECT_EQ(allocations_of([] { return std::malloc(8); }), 1U);
    EXPECT_EQ(allocations_of([] { return std::calloc(2, 8); }), 1U);
    EXPECT_EQ(allocations_of([] { return std::realloc(nullptr, 8); }), 1U);
    EXPECT_EQ(allocations_of([] { return std::aligned_alloc(64, 64); }), 1U);
    EXPECT_EQ(allocations_of([]() -> void* {
                  ::operator delete(::operator new(8));
                  return nullptr;
              }),
              1U);
}

}  // namespace
}  // namespace picoxx::benchmark
