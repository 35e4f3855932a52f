#include "gates.hpp"

#include <gmock/gmock.h>

#include <array>

namespace picoxx::benchmark {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Gate gate{.face = "coroutine", .count = "system calls", .cost = &Cost::system_calls, .limit = 2};

std::array<Cost, 2> costs(double by_libpq, double by_coroutine) {
    return {Cost{.face = "libpq", .system_calls = by_libpq}, Cost{.face = "coroutine", .system_calls = by_coroutine}};
}

TEST(Gates, a_count_at_its_limit_over_libpq_passes) { EXPECT_THAT(exceeded(std::array{gate}, costs(3, 5)), IsEmpty()); }

TEST(Gates, what_happens_once_in_many_requests_is_let_pass) {
    EXPECT_THAT(exceeded(std::array{gate}, costs(3, 5.05)), IsEmpty());
}

TEST(Gates, a_count_over_its_limit_is_told_with_face_count_and_limit) {
    EXPECT_THAT(exceeded(std::array{gate}, costs(3, 5.5)),
                ElementsAre(AllOf(HasSubstr("coroutine"), HasSubstr("2.5 system calls"), HasSubstr("more than 2"))));
}

TEST(Gates, a_libpq_that_costs_more_moves_the_limit) {
    EXPECT_THAT(exceeded(std::array{gate}, costs(4, 6)), IsEmpty());
}

}  // namespace
}  // namespace picoxx::benchmark
