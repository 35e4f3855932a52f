#include "sql_types.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace picoxx::devcluster {
namespace {

struct TypeRow {
    SqlType type;
    std::uint32_t oid;
    std::string_view planner;
    std::string_view storage;
    std::string_view postgres;
};

constexpr std::array<TypeRow, 9> types{{
    {SqlType::integer, oid::int8, "int", "integer", "bigint"},
    {SqlType::unsigned_integer, oid::int8, "unsigned", "unsigned", "bigint"},
    {SqlType::text, oid::text, "text", "string", "text"},
    {SqlType::real, oid::float8, "double", "double", "double precision"},
    {SqlType::decimal, oid::numeric, "numeric", "decimal", "numeric"},
    {SqlType::boolean, oid::boolean, "bool", "boolean", "boolean"},
    {SqlType::uuid, oid::uuid, "uuid", "uuid", "uuid"},
    {SqlType::datetime, oid::timestamptz, "datetime", "datetime", "timestamp with time zone"},
    {SqlType::json, oid::json, "map", "map", "json"},
}};

const TypeRow& row(SqlType type) noexcept { return types[static_cast<std::size_t>(type)]; }

using Word = std::pair<std::string_view, SqlType>;

constexpr std::array<Word, 18> cast_words{{
    {"int", SqlType::integer},
    {"integer", SqlType::integer},
    {"bigint", SqlType::integer},
    {"smallint", SqlType::integer},
    {"int2", SqlType::integer},
    {"int4", SqlType::integer},
    {"int8", SqlType::integer},
    {"text", SqlType::text},
    {"string", SqlType::text},
    {"varchar", SqlType::text},
    {"double", SqlType::real},
    {"decimal", SqlType::decimal},
    {"numeric", SqlType::decimal},
    {"number", SqlType::decimal},
    {"boolean", SqlType::boolean},
    {"bool", SqlType::boolean},
    {"uuid", SqlType::uuid},
    {"datetime", SqlType::datetime},
}};

constexpr std::array<Word, 2> column_only_words{{{"unsigned", SqlType::unsigned_integer}, {"json", SqlType::json}}};

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 76> postgres_types{{
    {17, "bytea"},        {18, "char"},        {19, "name"},        {22, "int2vector"},
    {24, "regproc"},      {26, "oid"},         {27, "tid"},         {28, "xid"},
    {29, "cid"},          {30, "oidvector"},   {114, "json"},       {142, "xml"},
    {199, "_json"},       {600, "point"},      {601, "lseg"},       {602, "path"},
    {603, "box"},         {604, "polygon"},    {628, "line"},       {650, "cidr"},
    {700, "float4"},      {718, "circle"},     {774, "macaddr8"},   {790, "money"},
    {829, "macaddr"},     {869, "inet"},       {1000, "_bool"},     {1001, "_bytea"},
    {1002, "_char"},      {1003, "_name"},     {1005, "_int2"},     {1007, "_int4"},
    {1009, "_text"},      {1014, "_bpchar"},   {1015, "_varchar"},  {1016, "_int8"},
    {1021, "_float4"},    {1022, "_float8"},   {1028, "_oid"},      {1041, "_inet"},
    {1042, "bpchar"},     {1082, "date"},      {1083, "time"},      {1114, "timestamp"},
    {1115, "_timestamp"}, {1182, "_date"},     {1183, "_time"},     {1185, "_timestamptz"},
    {1186, "interval"},   {1187, "_interval"}, {1231, "_numeric"},  {1266, "timetz"},
    {1270, "_timetz"},    {1560, "bit"},       {1562, "varbit"},    {2205, "regclass"},
    {2206, "regtype"},    {2249, "record"},    {2275, "cstring"},   {2276, "any"},
    {2277, "anyarray"},   {2278, "void"},      {2279, "trigger"},   {2283, "anyelement"},
    {2287, "_record"},    {2951, "_uuid"},     {3220, "pg_lsn"},    {3614, "tsvector"},
    {3615, "tsquery"},    {3802, "jsonb"},     {3807, "_jsonb"},    {3904, "int4range"},
    {3906, "numrange"},   {3910, "tstzrange"}, {3926, "int8range"}, {4072, "jsonpath"},
}};

}  // namespace

std::uint32_t oid_of(SqlType type) noexcept { return row(type).oid; }

std::string_view planner_name(SqlType type) noexcept { return row(type).planner; }

std::string_view storage_name(SqlType type) noexcept { return row(type).storage; }

std::string_view postgres_name(SqlType type) noexcept { return row(type).postgres; }

std::optional<SqlType> cast_type(std::string_view word) noexcept {
    const auto* found = std::find_if(cast_words.begin(), cast_words.end(),
                                     [&](const Word& w) { return w.first == word; });
    return found == cast_words.end() ? std::nullopt : std::optional{found->second};
}

std::optional<SqlType> column_type(std::string_view word) noexcept {
    const auto* found = std::find_if(column_only_words.begin(), column_only_words.end(),
                                     [&](const Word& w) { return w.first == word; });
    return found != column_only_words.end() ? std::optional{found->second} : cast_type(word);
}

std::string planner_name_of_postgres(std::string_view postgres_type) {
    if (postgres_type == "integer" || postgres_type == "smallint") {
        return "int";
    }
    for (const auto& type : types) {
        if (type.postgres == postgres_type && type.type != SqlType::unsigned_integer) {
            return std::string{type.planner};
        }
    }
    return std::string{postgres_type};
}

std::string storage_name_of_postgres(std::string_view postgres_type) {
    const auto found = std::find_if(types.begin(), types.end(),
                                    [&](const TypeRow& type) { return type.postgres == postgres_type; });
    return std::string{found == types.end() ? postgres_type : found->storage};
}

std::uint32_t wire_oid(std::uint32_t postgres_oid) noexcept {
    switch (postgres_oid) {
        case oid::int2:
        case oid::int4:
        case oid::int8: return oid::int8;
        case oid::boolean:
        case oid::json:
        case oid::float8:
        case oid::timestamptz:
        case oid::numeric:
        case oid::uuid: return postgres_oid;
        case 700: return oid::float8;
        case 3802: return oid::json;
        case 1082:
        case 1114: return oid::timestamptz;
        default: return oid::text;
    }
}

std::optional<SqlType> type_of_oid(std::uint32_t wire_oid) noexcept {
    switch (wire_oid) {
        case oid::int2:
        case oid::int4: return SqlType::integer;
        case oid::varchar: return SqlType::text;
        default: break;
    }
    const auto* found = std::find_if(types.begin(), types.end(), [&](const TypeRow& r) { return r.oid == wire_oid; });
    return found == types.end() ? std::nullopt : std::optional{found->type};
}

bool assignable(SqlType from, SqlType to) noexcept {
    const auto plain = [](SqlType type) { return type == SqlType::unsigned_integer ? SqlType::integer : type; };
    from = plain(from);
    to = plain(to);
    if (from == to) {
        return true;
    }
    return (from == SqlType::integer && (to == SqlType::real || to == SqlType::decimal)) ||
           (from == SqlType::real && to == SqlType::decimal);
}

std::optional<std::string_view> refused_type_name(std::uint32_t oid) noexcept {
    const auto* found = std::find_if(postgres_types.begin(), postgres_types.end(),
                                     [&](const auto& t) { return t.first == oid; });
    return found == postgres_types.end() ? std::nullopt : std::optional{found->second};
}

bool accepted_parameter_oid(std::uint32_t value) noexcept {
    static constexpr std::array<std::uint32_t, 12> accepted{0,           oid::unknown, oid::boolean, oid::int8,
                                                            oid::int2,   oid::int4,    oid::text,    oid::varchar,
                                                            oid::float8, oid::numeric, oid::uuid,    oid::timestamptz};
    return std::find(accepted.begin(), accepted.end(), value) != accepted.end();
}

}  // namespace picoxx::devcluster
