// What a user stores, and how he names his tables, must decide nothing: every text the core knows is put into every
// place where the server is known to quote, and must change neither the Effect nor whether the statement is sent again.
#include "sql/error_texts.hpp"
#include "sql/server_error.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace picoxx {
namespace {

struct Place {
    const char* name;
    std::string before;
    std::string after;
    std::string sqlstate = "XX000";
};

std::string storage_front() {
    return R"(sbroad: box error: ProcLua: {"code":32,"type":"ClientError","message":"Error on replicaset 8d0f7b8e: )"
           "Failed to execute '.proc_sql_execute': sbroad: ";
}
const std::string storage_back = R"(","trace":[{"file":"vshard\/error.lua","line":284}]})";
const std::string rolled_back = "invalid transaction: transaction rolled-back: failed to insert space: ";

std::vector<Place> places() {
    return {
        {"cast", "sbroad: Type mismatch: can not convert string('", "') to integer"},
        {"cast_26_3", "sbroad: Query 1 from EXPLAIN (RAW): Type mismatch: can not convert string('", "') to uuid"},
        {"cast_at_a_storage", storage_front() + "Type mismatch: can not convert string('",
         "') to integer" + storage_back},
        {"bound_value", "failed to bind parameter $1: decoding error: '", "' is not a valid int8", "22P02"},
        {"bound_json", "failed to bind parameter $1: decoding error: '", "' is not a valid json", "22P02"},
        {"literal", "sbroad: failed to parse '", "' as a value of type int, consider using explicit type casts"},
        {"source_line", "sbroad: rule parsing error:  --> 1:10\n  |\n1 | ", "\n  |  ^---\n  |\n  = expected EOI"},
        {"result_value", "feature is not supported: String(Utf8String { s: Ok(\"",
         "\") }) cannot be represented as a value of type Unknown", "0A000"},
        {"duplicate_row",
         "sbroad: " + rolled_back +
             "TupleFound: Duplicate key exists in unique index \"1\" in space \"t\" "
             "with old tuple - [1, \"",
         "\"] and new tuple - [1, \"a\"]"},
        {"duplicate_row_global", "server responded with error: TupleFound: Duplicate key exists with old tuple - [\"",
         "\"]"},
        {"duplicate_row_at_a_storage",
         storage_front() + rolled_back + "TupleFound: Duplicate key exists with old tuple - [\\\"",
         "\\\"]" + storage_back},
        {"table_name", "sbroad: space ", " not found"},
        {"quoted_table_name", "sbroad: table with name \"", "\" not found"},
        {"existing_table_name", "table ", " already exists"},
        {"missing_table_name", "table ", " does not exist"},
        {"busy_table_name", "TableNotOperable: table ", " cannot be modified now as DDL operation is in progress"},
        {"denied_table_name", "box error: AccessDenied: Write access to space '", "' is denied for user 'u'"},
        {"index_name", "index ", " already exists"},
        {"user_name", "user ", " does not exist"},
        {"column_name", "sbroad: column ", " not found"},
        {"quoted_column_name", "sbroad: column with name \"", "\" not found"},
        {"doubled_column_name", "several fields have the same name: ", ""},
        {"column_name_of_a_null", "box error: FieldType: Tuple field 8 (",
         ") type does not match, expected string, got nil"},
        {"column_name_at_a_storage", storage_front() + rolled_back + "box error: FieldType: Tuple field 8 (",
         ") type does not match, got nil" + storage_back},
        {"function_name", "sbroad: SQL function ", " not found"},
        {"an_unknown_text", "sbroad: something new about ", ""},
        {"an_unknown_text_of_a_storage", storage_front() + "something new about ", storage_back},
    };
}

// The texts, as they would stand after what breaks out of quotes, brackets and JSON strings, and in front of it.
std::vector<std::string> hostile_data() {
    std::vector<std::string> words{"Duplicate key exists",
                                   "plain words",
                                   ".proc_sql_execute",
                                   "already exists",
                                   "got nil",
                                   "does not exist",
                                   "not found",
                                   "has been invalidated",
                                   "invalid query",
                                   "consider using explicit type casts",
                                   "transaction rolled-back: ",
                                   "unexpected end of file"};
    for (const ErrorText& text : error_texts()) {
        words.push_back(std::string{text.begin} + "x" + std::string{text.end});
        words.emplace_back(text.begin);
        if (!text.end.empty()) words.emplace_back(text.end);
    }
    std::vector<std::string> data;
    for (const std::string& word : words) {
        for (const char* front : {"", "'", "')", "\"", "\\\"", "\"]", "]}", ": ", "\n", "', sbroad: ", "box error: ",
                                  "``", "x not found: ", "Error on replicaset u: ", "\\\",\\\"message\\\":\\\"",
                                  "invalid transaction: transaction rolled-back: "}) {
            data.push_back(front + word);
            data.push_back(word + front);
        }
    }
    return data;
}

TEST(QuotedData, changes_no_effect_and_never_makes_a_statement_run_twice) {
    for (const Place& place : places()) {
        for (const StatementKind kind : {StatementKind::read, StatementKind::write, StatementKind::define}) {
            const auto said = [&](const std::string& data) {
                return classify(kind, RefusedAt::execute, place.sqlstate, place.before + data + place.after);
            };
            const ServerErrorClass harmless = said("x");
            ASSERT_FALSE(harmless.stale) << place.name;
            for (const std::string& data : hostile_data()) {
                const ServerErrorClass found = said(data);
                ASSERT_EQ(to_string(found.effect), to_string(harmless.effect)) << place.name << ": " << data;
                ASSERT_FALSE(found.stale) << place.name << ": " << data;
                ASSERT_FALSE(found.store_full) << place.name << ": " << data;
            }
        }
    }
}

TEST(QuotedData, of_a_write_that_may_have_been_applied_never_looks_like_none) {
    for (const std::string& data : hostile_data()) {
        for (const char* front : {"sbroad: Type mismatch: can not convert string('", "sbroad: something new about "}) {
            ASSERT_EQ(classify(StatementKind::write, RefusedAt::execute, "XX000", front + data).effect, Effect::partial)
                << front << data;
        }
    }
}

}  // namespace
}  // namespace picoxx
