#include "pool/waiting_list.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace picoxx {
namespace {

class WaitingListTest : public ::testing::Test {
protected:
    std::vector<std::size_t> order() const {
        std::vector<std::size_t> numbers;
        for (const AcquireRequest* request = list.first(); request != nullptr; request = WaitingList::after(*request)) {
            numbers.push_back(static_cast<std::size_t>(request - requests.data()));
        }
        return numbers;
    }

    std::array<AcquireRequest, 4> requests;
    WaitingList list;
};

using Numbers = std::vector<std::size_t>;

TEST_F(WaitingListTest, who_came_first_is_first) {
    for (AcquireRequest& request : requests) list.push_back(request);
    EXPECT_EQ(order(), (Numbers{0, 1, 2, 3}));
    EXPECT_EQ(list.size(), 4U);
}

TEST_F(WaitingListTest, anybody_may_leave_and_come_again_at_the_end) {
    for (AcquireRequest& request : requests) list.push_back(request);
    list.remove(requests[2]);
    EXPECT_EQ(order(), (Numbers{0, 1, 3}));
    list.remove(requests[0]);
    list.remove(requests[3]);
    EXPECT_EQ(order(), (Numbers{1}));
    EXPECT_FALSE(requests[3].queued);
    list.push_back(requests[0]);
    EXPECT_EQ(order(), (Numbers{1, 0}));
    list.remove(requests[1]);
    list.remove(requests[0]);
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(list.first(), nullptr);
}

}  // namespace
}  // namespace picoxx
