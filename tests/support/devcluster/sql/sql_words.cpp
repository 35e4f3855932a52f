#include "sql_words.hpp"

#include <algorithm>
#include <array>

namespace picoxx::devcluster {
namespace {

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) noexcept {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool ends_clause(std::string_view word) noexcept {
    static constexpr std::array<std::string_view, 10> words{"from",  "where", "group",  "having", "order",
                                                            "limit", "union", "except", "window", "option"};
    return contains(words, word);
}

bool is_reserved(std::string_view word) noexcept {
    static constexpr std::array<std::string_view, 46> words{
        "all",   "and",  "as",     "asc",    "between", "by",    "case",  "cast",   "desc",   "distinct",
        "else",  "end",  "except", "exists", "false",   "from",  "group", "having", "in",     "inner",
        "is",    "join", "left",   "like",   "limit",   "not",   "null",  "on",     "or",     "order",
        "outer", "over", "select", "set",    "then",    "true",  "union", "using",  "values", "when",
        "where", "with", "window", "escape", "similar", "option"};
    return contains(words, word);
}

bool takes_brackets(std::string_view word) noexcept {
    static constexpr std::array<std::string_view, 10> words{"filter",    "partition",    "within",   "row",  "any",
                                                            "recursive", "materialized", "conflict", "into", "rows"};
    return is_reserved(word) || contains(words, word);
}

bool is_function(std::string_view word) noexcept {
    static constexpr std::array<std::string_view, 46> words{"count",
                                                            "sum",
                                                            "avg",
                                                            "min",
                                                            "max",
                                                            "total",
                                                            "group_concat",
                                                            "string_agg",
                                                            "abs",
                                                            "coalesce",
                                                            "lower",
                                                            "upper",
                                                            "trim",
                                                            "substr",
                                                            "substring",
                                                            "concat",
                                                            "to_char",
                                                            "to_date",
                                                            "version",
                                                            "instance_uuid",
                                                            "pico_instance_uuid",
                                                            "pico_instance_name",
                                                            "pico_instance_dir",
                                                            "pico_replicaset_name",
                                                            "pico_tier_name",
                                                            "pico_raft_leader_id",
                                                            "pico_raft_leader_uuid",
                                                            "_pico_bucket",
                                                            "json_extract_path",
                                                            "row_number",
                                                            "last_value",
                                                            "localtimestamp",
                                                            "localtime",
                                                            "current_date",
                                                            "current_time",
                                                            "current_timestamp",
                                                            "like",
                                                            "ilike",
                                                            "cast",
                                                            "rank",
                                                            "dense_rank",
                                                            "first_value",
                                                            "lead",
                                                            "lag",
                                                            "ntile",
                                                            "greatest"};
    return contains(words, word);
}

}  // namespace picoxx::devcluster
