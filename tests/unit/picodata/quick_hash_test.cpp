#include "../../../adapters/picodata/src/routing/quick_hash.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

namespace picoxx {
namespace {

std::uint64_t hash_of(const std::string& text) {
    // Of exactly that size, so that a sanitizer sees what lies beyond.
    const auto bytes = std::make_unique<char[]>(text.size());
    text.copy(bytes.get(), text.size());
    QuickHash hash;
    hash.add(bytes.get(), text.size());
    return hash.value();
}

TEST(QuickHash, depends_on_each_byte_and_on_the_length) {
    std::set<std::uint64_t> seen;
    std::size_t texts = 0;
    for (std::size_t size = 0; size < 100; ++size) {
        const std::string text(size, 'a');
        seen.insert(hash_of(text));
        ++texts;
        for (std::size_t i = 0; i < size; ++i, ++texts) {
            std::string other = text;
            other[i] = 'b';
            seen.insert(hash_of(other));
        }
    }
    EXPECT_EQ(seen.size(), texts);
}

TEST(QuickHash, depends_on_the_order_and_on_numbers) {
    std::set<std::uint64_t> seen;
    for (const auto& [one, two] : {std::pair{0, 0}, {0, 1}, {1, 0}, {1, 1}, {20, 25}, {25, 20}}) {
        QuickHash hash;
        hash.add(static_cast<std::uint64_t>(one));
        hash.add(static_cast<std::uint64_t>(two));
        seen.insert(hash.value());
    }
    EXPECT_EQ(seen.size(), 6U);
}

}  // namespace
}  // namespace picoxx
