#pragma once

#include "sql_types.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace picoxx::devcluster {

/// One column of a sharding key, in PostgreSQL's text form; no value = NULL.
struct KeyValue {
    SqlType type;
    std::optional<std::string> text;
};

/// Bucket of a row, 1 … bucket_count: murmur3 over the key in MessagePack, strings raw.
/// None for types whose packed form is not known here (decimal, uuid, datetime, double).
[[nodiscard]] std::optional<std::uint64_t> bucket_of(std::span<const KeyValue> key, std::uint64_t bucket_count);

}  // namespace picoxx::devcluster
