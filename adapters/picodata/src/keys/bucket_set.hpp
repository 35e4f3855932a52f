#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace picoxx {

/// The buckets a statement is about, as EXPLAIN tells them.
struct BucketSet {
    enum class Kind : std::uint8_t {
        some,     ///< These, or some of these.
        none,     ///< No row can match.
        all,      ///< Every bucket of the tier: nothing is known of the key.
        any,      ///< No sharded table: each node answers by itself.
        unknown,  ///< The server finds out while it executes the statement.
        unclear,  ///< The text was not understood.
    };
    Kind kind = Kind::unclear;
    std::vector<std::uint32_t> buckets{};  ///< With `some`: ascending, without repetition.
};

/// Reads the last row of an EXPLAIN: `buckets = [2,11,14-16]`, `buckets <= [7]`, `buckets = any`. More than
/// `most_buckets` of them are `all` for whoever wants an owner.
[[nodiscard]] BucketSet read_buckets(std::string_view row);
inline constexpr std::size_t most_buckets = 64;

}  // namespace picoxx
