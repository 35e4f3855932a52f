// A good plugin, changed by one statement: PICOXX_TEST_EDIT.
#include "first_strategy.hpp"

#include <array>
#include <string_view>

namespace picoxx::sdk::detail {
namespace {

/// Where the version stands in the listing's one line.
[[maybe_unused]] constexpr std::size_t test_version_at =
    std::string_view{"picoxx.balance_strategy " PICOXX_TEST_NAME " "}.size();

template <std::size_t Size>
[[maybe_unused]] constexpr void fill(char (&field)[Size], char with) {
    for (char& c : field) c = with;
}

template <std::size_t Size>
[[maybe_unused]] constexpr void replace(char (&field)[Size], std::string_view from, std::string_view to) {
    std::array<char, Size> old{};
    for (std::size_t i = 0; i < Size; ++i) old[i] = field[i];
    std::string_view rest{old.data()};
    std::size_t used = 0;
    fill(field, '\0');
    while (!rest.empty()) {
        const bool found = rest.substr(0, from.size()) == from;
        for (const char c : found ? to : rest.substr(0, 1)) field[used++] = c;
        rest.remove_prefix(found ? from.size() : 1);
    }
}

struct Edited {
    picoxx_plugin_descriptor descriptor{};
    picoxx_component components[1];
};

constexpr picoxx_component good_components[] = {
    component<BalanceStrategy, FirstStrategy>(PICOXX_TEST_NAME, "a strategy for tests")};

constexpr picoxx_plugin_descriptor good_descriptor = describe_plugin(PICOXX_TEST_NAME, "1.2.3", 0, good_components);

constexpr Edited edit() {
    Edited edited{good_descriptor, {good_components[0]}};
    [[maybe_unused]] auto& descriptor = edited.descriptor;
    [[maybe_unused]] auto& components = edited.components;
    PICOXX_TEST_EDIT;
    return edited;
}

constexpr Edited edited = edit();
constexpr picoxx_component edited_components[] = {edited.components[0]};

constexpr picoxx_plugin_descriptor descriptor_of_edited() {
    picoxx_plugin_descriptor descriptor = edited.descriptor;
    if (descriptor.components != nullptr) descriptor.components = edited_components;
    return descriptor;
}

}  // namespace
}  // namespace picoxx::sdk::detail

extern "C" {
extern PICOXX_PLUGIN_EXPORT const picoxx_plugin_descriptor picoxx_plugin_entry;
}
constinit const picoxx_plugin_descriptor picoxx_plugin_entry = picoxx::sdk::detail::descriptor_of_edited();
