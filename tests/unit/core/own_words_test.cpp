// What the server wraps its errors in, as measured on Picodata 25.6, 26.1 and 26.3.
#include "sql/own_words.hpp"

#include <gtest/gtest.h>

#include <string>

namespace picoxx {
namespace {

struct Row {
    const char* text;
    const char* words;
    ErrorForm form = ErrorForm::whole;
    bool rolled_back = false;
};

class OwnWordsTest : public ::testing::TestWithParam<Row> {};

TEST_P(OwnWordsTest, begin_behind_all_that_layers_and_nodes_have_put_in_front) {
    const OwnWords found = own_words(GetParam().text);

    EXPECT_EQ(found.words, GetParam().words);
    EXPECT_EQ(found.form, GetParam().form) << GetParam().text;
    EXPECT_EQ(found.rolled_back, GetParam().rolled_back) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    WholeStatement, OwnWordsTest,
    ::testing::Values(
        Row{"", ""}, Row{"sbroad: ", ""}, Row{"plain", "plain"}, Row{"sbroad: space t not found", "space t not found"},
        Row{"server responded with error: AccessDenied: x", "AccessDenied: x"},
        Row{"sbroad: box error: MemoryIssue: x", "MemoryIssue: x"},
        Row{"sbroad: unexpected number of values: Exceeded x", "Exceeded x"},
        Row{"sbroad: invalid transaction: transaction rolled-back: failed to insert space: box error: Readonly: x",
            "Readonly: x", ErrorForm::whole, true},
        Row{"invalid transaction: transaction rolled-back: failed to update space: x", "x", ErrorForm::whole, true},
        Row{"sbroad: invalid transaction: transaction queries have x", "transaction queries have x"},
        Row{"sbroad: invalid box: box error: ProcLua: [string \"src/vshard_helpers.lua\"]:6: no router found for tier "
            "'x'",
            "no router found for tier 'x'"},
        Row{R"(sbroad: box error: ProcLua: {"bucket_id":1,"message":"Bucket 1 cannot be found.","name":"X"})",
            "Bucket 1 cannot be found."}));

INSTANTIATE_TEST_SUITE_P(
    Part, OwnWordsTest,
    ::testing::Values(
        Row{"Error on replicaset 8d0f: Peer closed", "Peer closed", ErrorForm::part},
        Row{"Remote call on replicaset 8d0f returned an error: x", "x", ErrorForm::part},
        Row{"sbroad: Query 12 from EXPLAIN (RAW): Type mismatch", "Type mismatch", ErrorForm::part},
        Row{"box error: ProcLua: src/sql/dispatch.lua:364: attempt", "attempt", ErrorForm::part},
        Row{R"(sbroad: box error: ProcLua: {"code":32,"message":"Error on replicaset 8d: Failed to execute '.proc_sql_execute': sbroad: invalid transaction: transaction rolled-back: failed to insert space: TupleFound: x","trace":[{"file":"a"}]})",
            "TupleFound: x", ErrorForm::part, true},
        Row{R"(box error: ProcLua: {"trace":[{"message":"inner"}],"message":"outer"})", "outer", ErrorForm::part},
        Row{R"(box error: ProcLua: {"message":"a \"message\":\"b\" \\","x":1})", R"(a \"message\":\"b\" \\)",
            ErrorForm::part},
        Row{R"(box error: ProcLua: {"code":"message","message":"right"})", "right", ErrorForm::part},
        Row{R"(box error: ProcLua: {"code":32,"message":"cut of)", "cut of", ErrorForm::part},
        Row{R"(box error: ProcLua: {"code":32,"message":"cut of\)", R"(cut of\)", ErrorForm::part},
        Row{R"(box error: ProcLua: {"code":32})", "", ErrorForm::part},
        Row{R"(box error: ProcLua: {"code":32} {"message":"x"})", "", ErrorForm::part},
        Row{"box error: ProcLua: {", "", ErrorForm::part}, Row{"box error: ProcLua: {\"message\"", "", ErrorForm::part},
        Row{"box error: ProcLua: {\"message\":\"", "", ErrorForm::part}));

INSTANTIATE_TEST_SUITE_P(LeftAsItIs, OwnWordsTest,
                         ::testing::Values(
                             // a wrapping that is not in front is none, and one that does not end is none either
                             Row{"Type mismatch: string('sbroad: Error on replicaset x: y')",
                                 "Type mismatch: string('sbroad: Error on replicaset x: y')"},
                             Row{"Failed to execute SQL statement: division by zero",
                                 "Failed to execute SQL statement: division by zero"},
                             Row{"Error on replicaset", "Error on replicaset"}, Row{"Query 1 of 2", "Query 1 of 2"},
                             Row{"{\"message\":\"x\"}", "{\"message\":\"x\"}"}));

}  // namespace
}  // namespace picoxx
