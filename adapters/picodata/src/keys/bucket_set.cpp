#include "bucket_set.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace picoxx {
namespace {

std::optional<std::uint32_t> take_number(std::string_view& text) noexcept {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

bool take(std::string_view& text, std::string_view what) noexcept {
    const bool is_there = text.starts_with(what);
    if (is_there) text.remove_prefix(what.size());
    return is_there;
}

void skip_blanks(std::string_view& text) noexcept {
    while (take(text, " ")) {
    }
}

BucketSet read_list(std::string_view text) {
    if (take(text, "]")) return {BucketSet::Kind::none};
    BucketSet set{BucketSet::Kind::some};
    for (;;) {
        skip_blanks(text);
        const auto first = take_number(text);
        const auto last = take(text, "-") ? take_number(text) : first;
        if (!first || !last || *last < *first) return {};
        if (*last - *first >= most_buckets || set.buckets.size() + (*last - *first) >= most_buckets)
            return {BucketSet::Kind::all};
        for (std::uint32_t bucket = *first; bucket <= *last; ++bucket) set.buckets.push_back(bucket);
        if (take(text, "]")) break;
        if (!take(text, ",")) return {};
    }
    std::sort(set.buckets.begin(), set.buckets.end());
    set.buckets.erase(std::unique(set.buckets.begin(), set.buckets.end()), set.buckets.end());
    return set;
}

}  // namespace

BucketSet read_buckets(std::string_view row) {
    skip_blanks(row);
    if (!take(row, "buckets")) return {};
    skip_blanks(row);
    if (!take(row, "=") && !take(row, "<=")) return {};
    skip_blanks(row);
    if (take(row, "any")) return {BucketSet::Kind::any};
    if (take(row, "unknown")) return {BucketSet::Kind::unknown};
    return take(row, "[") ? read_list(row) : BucketSet{};
}

}  // namespace picoxx
