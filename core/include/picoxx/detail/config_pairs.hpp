#pragma once

#include <picoxx/port/plugin.h>

#include <map>
#include <string>
#include <vector>

namespace picoxx::detail {

/// The options as components get them; views into `config`.
[[nodiscard]] inline std::vector<picoxx_kv> config_pairs(const std::map<std::string, std::string>& config) {
    std::vector<picoxx_kv> pairs;
    pairs.reserve(config.size());
    for (const auto& [key, value] : config) pairs.push_back({key.data(), key.size(), value.data(), value.size()});
    return pairs;
}

}  // namespace picoxx::detail
