#include "command_queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace picoxx::libpq {
namespace {

PendingCommand numbered(std::uintptr_t number) {
    PendingCommand command;
    command.sink = reinterpret_cast<ResponseSink*>(number);
    return command;
}

TEST(CommandQueue, behaves_like_a_queue_whatever_the_order_of_its_uses) {
    CommandQueue queue;
    std::deque<std::uintptr_t> model;
    std::mt19937 random{7};  // NOLINT: the same run every time
    std::uintptr_t next = 1;
    for (int step = 0; step < 20'000; ++step) {
        const auto choice = random() % 100;
        if (choice < 50 || model.empty()) {
            queue.push(numbered(next));
            model.push_back(next++);
        } else if (choice < 95) {
            queue.pop_front();
            model.pop_front();
        } else {
            queue.pop_back();
            model.pop_back();
        }
        ASSERT_EQ(queue.size(), model.size());
        ASSERT_EQ(queue.empty(), model.empty());
        if (model.empty()) continue;
        ASSERT_EQ(queue.front().sink, numbered(model.front()).sink);
    }
}

}  // namespace
}  // namespace picoxx::libpq
