#include "../../../adapters/picodata/src/keys/bucket_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace picoxx {
namespace {

using ::testing::ElementsAre;
using Kind = BucketSet::Kind;

TEST(BucketSet, reads_what_explain_says) {
    EXPECT_THAT(read_buckets("buckets = [2426]").buckets, ElementsAre(2426));
    EXPECT_THAT(read_buckets("buckets <= [2426]").buckets, ElementsAre(2426)) << "at most";
    EXPECT_THAT(read_buckets("buckets = [1860,2426]").buckets, ElementsAre(1860, 2426));
    EXPECT_THAT(read_buckets("buckets = [2,11,14-16,25-26]").buckets, ElementsAre(2, 11, 14, 15, 16, 25, 26));
    EXPECT_EQ(read_buckets("buckets = [2426]").kind, Kind::some);
    EXPECT_EQ(read_buckets("buckets = []").kind, Kind::none);
    EXPECT_EQ(read_buckets("buckets = any").kind, Kind::any);
    EXPECT_EQ(read_buckets("buckets = unknown").kind, Kind::unknown);
    EXPECT_EQ(read_buckets("buckets = [1-3000]").kind, Kind::all);
}

TEST(BucketSet, of_very_many_buckets_is_all_of_them) {
    std::string list = "buckets = [1";
    for (int bucket = 3; bucket < 3'000; bucket += 2) list += ',' + std::to_string(bucket);
    EXPECT_EQ(read_buckets(list + ']').kind, Kind::all);
}

TEST(BucketSet, makes_nothing_of_other_texts) {
    for (const char* text :
         {"", "buckets", "buckets =", "buckets = [", "buckets = [1", "buckets = [x]", "buckets = [5-3]",
          "buckets = [1,]", "buckets > [1]", "projection (1 -> \"col_1\")", "buckets = [99999999999]"}) {
        EXPECT_EQ(read_buckets(text).kind, Kind::unclear) << text;
    }
}

}  // namespace
}  // namespace picoxx
