#include "../../../adapters/picodata/src/routing/bucket_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

using ::testing::HasSubstr;

std::string range(int first, int last, const std::string& owner) {
    return R"({"tier_name":"default","bucket_id_start":)" + std::to_string(first) + R"(,"state":"active",)" +
           R"("current_replicaset_uuid":")" + owner + R"(","target_replicaset_uuid":")" + owner +
           R"(","bucket_id_end":)" + std::to_string(last) + '}';
}

std::string list(const std::vector<std::string>& ranges) {
    std::string text;
    for (const std::string& one : ranges) text += (text.empty() ? "" : ",") + one;
    return '[' + text + ']';
}

TEST(BucketMap, knows_the_owner_of_each_bucket) {
    const auto map = BucketMap::read("default",
                                     list({range(1501, 2000, "b"), range(1, 1500, "a"), range(2001, 3000, "a")}));
    ASSERT_TRUE(map.ok()) << map.error().text;
    EXPECT_EQ(map->tier(), "default");
    EXPECT_EQ(map->bucket_count(), 3000U);
    for (const std::uint32_t bucket : {1U, 1500U, 2001U, 3000U}) EXPECT_EQ(map->owner(bucket), replicaset_key("a"));
    for (const std::uint32_t bucket : {1501U, 2000U}) EXPECT_EQ(map->owner(bucket), replicaset_key("b"));
}

TEST(BucketMap, of_a_tier_without_data_has_no_buckets) {
    const auto map = BucketMap::read("default", "[]");
    ASSERT_TRUE(map.ok());
    EXPECT_EQ(map->bucket_count(), 0U);
}

TEST(BucketMap, is_refused_where_it_is_not_complete) {
    for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
             {list({range(2, 3000, "a")}), "bucket 1 has no owner"},
             {list({range(1, 1500, "a"), range(1502, 3000, "b")}), "bucket 1501 has no owner"},
             {list({range(1, 1500, "a"), range(1500, 3000, "b")}), "bucket 1500 has two owners"},
             {list({range(1, 1500, "a"), range(3, 2, "b")}), "range 2 is not understood"},
             {list({range(0, 1500, "a")}), "range 1 is not understood"},
             {R"([{"bucket_id_start":1,"bucket_id_end":2}])", "range 1 is not understood"},
             {"{}", "no array"},
             {"[", "no array"},
             {"", "no array"}}) {
        const auto map = BucketMap::read("default", text);
        ASSERT_FALSE(map.ok()) << text;
        EXPECT_EQ(map.error().code, Errc::discovery_failed);
        EXPECT_THAT(map.error().text, HasSubstr(why));
    }
}

}  // namespace
}  // namespace picoxx
