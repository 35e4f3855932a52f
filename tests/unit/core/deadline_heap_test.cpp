#include "io/deadline_heap.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <random>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

struct Thing {
    HeapPlace place;
};
using Heap = DeadlineHeap<Thing, &Thing::place>;

TimePoint at(int moment) { return TimePoint{} + std::chrono::milliseconds{moment}; }

TEST(DeadlineHeap, is_never_due_while_it_is_empty) {
    const Heap heap;
    EXPECT_TRUE(heap.empty());
    EXPECT_EQ(heap.first_due(), no_deadline);
}

TEST(DeadlineHeap, knows_which_objects_are_in_it) {
    Heap heap;
    const auto thing = std::make_unique<Thing>();
    EXPECT_FALSE(Heap::holds(*thing));
    heap.insert(*thing, at(1));
    EXPECT_TRUE(Heap::holds(*thing));
    heap.remove(*thing);
    EXPECT_FALSE(Heap::holds(*thing));
}

// Against a plain list that is searched.
TEST(DeadlineHeap, tells_the_first_one_after_any_changes) {
    std::mt19937 random{7};
    Heap heap;
    std::vector<std::unique_ptr<Thing>> inside;
    const auto pick = [&] { return random() % inside.size(); };
    for (int round = 0; round < 20'000; ++round) {
        const auto action = inside.size() < 2 ? 0U : random() % 4;
        if (action <= 1 && inside.size() < 100) {
            inside.push_back(std::make_unique<Thing>());
            heap.insert(*inside.back(), at(static_cast<int>(random() % 50)));
        } else if (action == 2) {
            heap.change(*inside[pick()], random() % 10 == 0 ? no_deadline : at(static_cast<int>(random() % 50)));
        } else {
            const std::size_t place = pick();
            heap.remove(*inside[place]);
            inside.erase(inside.begin() + static_cast<std::ptrdiff_t>(place));
        }
        TimePoint first = no_deadline;
        for (const auto& thing : inside) first = std::min(first, thing->place.due.load());
        ASSERT_EQ(heap.first_due(), first) << "in round " << round;
        if (!inside.empty()) {
            ASSERT_EQ(heap.first().place.due.load(), first);
        }
        std::size_t count = 0;
        heap.for_each([&](const Thing&) { ++count; });
        ASSERT_EQ(count, inside.size());
    }
}

}  // namespace
}  // namespace picoxx
