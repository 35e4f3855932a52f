#pragma once

#include <picoxx/port/error.hpp>
#include <picoxx/port/row_block.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace picoxx {

/// A field's value as text, as psql would show it; NULL is shown as `NULL`. For printing and for types C++ has no equal
/// of.
[[nodiscard]] std::string render(const Column& column, FieldView field);

namespace detail {

// Each reads one field or throws Exception: column_mismatch, null_value.
void read_field(const Column& column, FieldView field, bool& value);
void read_field(const Column& column, FieldView field, std::int16_t& value);
void read_field(const Column& column, FieldView field, std::int32_t& value);
void read_field(const Column& column, FieldView field, std::int64_t& value);
void read_field(const Column& column, FieldView field, float& value);
void read_field(const Column& column, FieldView field, double& value);
void read_field(const Column& column, FieldView field, std::string& value);
void read_field(const Column& column, FieldView field, std::string_view& value);

[[noreturn]] void throw_column_count(std::size_t wanted, std::size_t found);
[[noreturn]] void throw_unknown_column(std::string_view name);

template <class Value>
struct is_optional : std::false_type {};
template <class Value>
struct is_optional<std::optional<Value>> : std::true_type {};

/// The fixed-size type that reads like `Value` (long and long long are both 64 bits wide).
template <class Value>
using readable_t =
    std::conditional_t<std::integral<Value> && !std::is_same_v<Value, bool> && std::is_signed_v<Value>,
                       std::conditional_t<sizeof(Value) == 8, std::int64_t,
                                          std::conditional_t<sizeof(Value) == 4, std::int32_t, std::int16_t>>,
                       Value>;

template <class Value>
[[nodiscard]] Value read_as(const Column& column, FieldView field) {
    if constexpr (is_optional<Value>::value) {
        if (field.is_null()) return std::nullopt;
        return Value{read_as<typename Value::value_type>(column, field)};
    } else {
        static_assert(
            !std::integral<Value> || std::is_same_v<Value, bool> || (std::is_signed_v<Value> && sizeof(Value) >= 2),
            "read whole numbers as std::int16_t, std::int32_t or std::int64_t");
        readable_t<Value> value{};
        read_field(column, field, value);
        return static_cast<Value>(value);
    }
}

}  // namespace detail
}  // namespace picoxx
