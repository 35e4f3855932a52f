#include <picoxx/exception.hpp>
#include <picoxx/value.hpp>

#include <picoxx/port/big_endian.hpp>

#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <string>
#include <system_error>

namespace picoxx::detail {
namespace {

std::string type_name(Oid type) {
    switch (type) {
        case oid::boolean: return "boolean";
        case oid::int8: return "int8";
        case oid::int2: return "int2";
        case oid::int4: return "int4";
        case oid::text: return "text";
        case oid::json: return "json";
        case oid::float4: return "float4";
        case oid::float8: return "float8";
        case oid::unknown: return "unknown";
        case oid::varchar: return "varchar";
        case oid::timestamptz: return "timestamptz";
        case oid::numeric: return "numeric";
        case oid::uuid: return "uuid";
        default: return "type " + std::to_string(type);
    }
}

[[noreturn]] void mismatch(const Column& column, std::string_view wanted, std::string_view why = {}) {
    std::string text = "column \"" + std::string{column.name} + "\" is " + type_name(column.type) +
                       " and cannot be read as " + std::string{wanted};
    if (!why.empty()) text += ": " + std::string{why};
    throw Exception{make_error(Errc::column_mismatch, std::move(text))};
}

void require_value(const Column& column, FieldView field, std::string_view wanted) {
    if (!field.is_null()) return;
    throw Exception{make_error(Errc::null_value, "column \"" + std::string{column.name} + "\" (" +
                                                     type_name(column.type) + ") is NULL and " + std::string{wanted} +
                                                     " cannot hold that; read it as std::optional")};
}

bool is_text(Oid type) noexcept {
    return type == oid::text || type == oid::varchar || type == oid::json || type == oid::unknown;
}

template <class Number>
Number number_from_text(const Column& column, FieldView field, std::string_view wanted) {
    const std::string_view text = field.bytes();
    Number value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure == std::errc::result_out_of_range) mismatch(column, wanted, "the number is out of range");
    if (failure != std::errc{} || end != text.data() + text.size()) mismatch(column, wanted, "it is not a number");
    return value;
}

std::int64_t integer_of(const Column& column, FieldView field, std::string_view wanted) {
    require_value(column, field, wanted);
    if (column.type != oid::int8 && column.type != oid::int4 && column.type != oid::int2) mismatch(column, wanted);
    if (column.format == Format::text) return number_from_text<std::int64_t>(column, field, wanted);
    switch (field.size) {
        case 8: {
            std::uint64_t bytes = 0;
            std::memcpy(&bytes, field.data, sizeof bytes);
            return static_cast<std::int64_t>(std::endian::native == std::endian::little ? __builtin_bswap64(bytes)
                                                                                        : bytes);
        }
        case 4: return static_cast<std::int32_t>(read_big_endian(field));
        case 2: return static_cast<std::int16_t>(read_big_endian(field));
        default: mismatch(column, wanted, "it has " + std::to_string(field.size) + " bytes");
    }
}

template <class Integer>
Integer narrow(const Column& column, FieldView field, std::string_view wanted) {
    const std::int64_t value = integer_of(column, field, wanted);
    if (value < std::numeric_limits<Integer>::min() || value > std::numeric_limits<Integer>::max()) {
        mismatch(column, wanted, "the number is out of range");
    }
    return static_cast<Integer>(value);
}

}  // namespace

void read_field(const Column& column, FieldView field, bool& value) {
    require_value(column, field, "bool");
    if (column.type != oid::boolean) mismatch(column, "bool");
    value = column.format == Format::binary ? read_big_endian(field) != 0 : field.bytes() == "t";
}

void read_field(const Column& column, FieldView field, std::int16_t& value) {
    value = narrow<std::int16_t>(column, field, "std::int16_t");
}
void read_field(const Column& column, FieldView field, std::int32_t& value) {
    value = narrow<std::int32_t>(column, field, "std::int32_t");
}
void read_field(const Column& column, FieldView field, std::int64_t& value) {
    value = integer_of(column, field, "std::int64_t");
}

void read_field(const Column& column, FieldView field, double& value) {
    require_value(column, field, "double");
    if (column.type != oid::float8 && column.type != oid::float4) mismatch(column, "double");
    if (column.format == Format::text) {
        value = number_from_text<double>(column, field, "double");
    } else if (field.size == 8) {
        value = std::bit_cast<double>(read_big_endian(field));
    } else if (field.size == 4) {
        value = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(read_big_endian(field))));
    } else {
        mismatch(column, "double", "it has " + std::to_string(field.size) + " bytes");
    }
}

void read_field(const Column& column, FieldView field, float& value) {
    double wide = 0;
    read_field(column, field, wide);
    value = static_cast<float>(wide);
}

void read_field(const Column& column, FieldView field, std::string_view& value) {
    require_value(column, field, "std::string_view");
    if (!is_text(column.type))
        mismatch(column, "std::string_view", "only text is stored as such; read it as std::string");
    value = field.bytes();
}

void read_field(const Column& column, FieldView field, std::string& value) {
    require_value(column, field, "std::string");
    value = render(column, field);
}

void throw_column_count(std::size_t wanted, std::size_t found) {
    throw Exception{make_error(Errc::column_mismatch,
                               "the result has " + std::to_string(found) + " columns, not " + std::to_string(wanted))};
}

void throw_unknown_column(std::string_view name) {
    throw Exception{make_error(Errc::column_mismatch, "the result has no column \"" + std::string{name} + '"')};
}

}  // namespace picoxx::detail
