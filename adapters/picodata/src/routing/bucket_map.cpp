#include "bucket_map.hpp"

#include <boost/json.hpp>

#include <new>
#include <optional>
#include <utility>

namespace picoxx {
namespace {

namespace json = boost::json;

struct ToldRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::string_view replicaset;
};

std::optional<std::uint32_t> number_in(const json::object& range, const char* name) {
    const json::value* const value = range.if_contains(name);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    const std::int64_t number = value->get_int64();
    if (number < 1 || number > 0xffff'ffff) return std::nullopt;
    return static_cast<std::uint32_t>(number);
}

std::optional<ToldRange> read_range(const json::value& value) {
    const json::object* const range = value.if_object();
    if (range == nullptr) return std::nullopt;
    const auto first = number_in(*range, "bucket_id_start");
    const auto last = number_in(*range, "bucket_id_end");
    const json::value* const owner = range->if_contains("current_replicaset_uuid");
    if (!first || !last || *last < *first || owner == nullptr || !owner->is_string()) return std::nullopt;
    const json::string& uuid = owner->get_string();
    return ToldRange{*first, *last, {uuid.data(), uuid.size()}};
}

Error no_map(std::string what) {
    return make_error(Errc::discovery_failed, "the map of buckets makes no sense: " + std::move(what));
}

}  // namespace

Result<BucketMap> BucketMap::read(std::string tier, std::string_view text) try {
    boost::system::error_code failure;
    const json::value value = json::parse(json::string_view{text.data(), text.size()}, failure);
    const json::array* const told = failure ? nullptr : value.if_array();
    if (told == nullptr) return no_map("it is no array");
    std::vector<ToldRange> ranges;
    for (const json::value& element : *told) {
        const auto range = read_range(element);
        if (!range) return no_map("range " + std::to_string(ranges.size() + 1) + " is not understood");
        ranges.push_back(*range);
    }
    std::sort(ranges.begin(), ranges.end(),
              [](const ToldRange& left, const ToldRange& right) { return left.first < right.first; });
    BucketMap map;
    map.tier_ = std::move(tier);
    for (const ToldRange& range : ranges) {
        const std::uint32_t next = map.bucket_count() + 1;
        if (range.first > next) return no_map("bucket " + std::to_string(next) + " has no owner");
        if (range.first < next) return no_map("bucket " + std::to_string(range.first) + " has two owners");
        map.ranges_.push_back({range.last, replicaset_key(range.replicaset)});
    }
    return map;
} catch (const std::bad_alloc&) {
    return make_error(Errc::out_of_memory, "no memory for the map of buckets");
} catch (...) {
    return no_map("it is not understood");
}

}  // namespace picoxx
