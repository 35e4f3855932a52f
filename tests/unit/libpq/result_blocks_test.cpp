#include "result_blocks.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace picoxx::libpq {
namespace {

/// Two columns, `rows` rows; the second value of each row is NULL where its number is odd, else empty or text.
ResultHandle make_result(int rows) {
    ResultHandle result{PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK)};
    std::string first = "number";
    std::string second = "word";
    PGresAttDesc columns[2]{};
    columns[0].name = first.data();
    columns[0].typid = oid::int8;
    columns[0].format = 1;
    columns[1].name = second.data();
    columns[1].typid = oid::text;
    PQsetResultAttrs(result.get(), 2, columns);
    for (int row = 0; row < rows; ++row) {
        std::string number = "number " + std::to_string(row);
        std::string word = row % 4 == 0 ? "" : "word " + std::to_string(row);
        PQsetvalue(result.get(), row, 0, number.data(), static_cast<int>(number.size()));
        PQsetvalue(result.get(), row, 1, row % 2 == 1 ? nullptr : word.data(),
                   row % 2 == 1 ? -1 : static_cast<int>(word.size()));
    }
    return result;
}

void expect_rows(const RowBlock& block, std::size_t rows) {
    ASSERT_EQ(block.row_count(), rows);
    ASSERT_EQ(block.column_count(), 2U);
    EXPECT_EQ(block.column(0).name, "number");
    EXPECT_EQ(block.column(0).type, oid::int8);
    EXPECT_EQ(block.column(0).format, Format::binary);
    EXPECT_EQ(block.column(1).name, "word");
    EXPECT_EQ(block.column(1).format, Format::text);
    std::vector<FieldView> fields(2);
    for (std::size_t row = 0; row < rows; ++row) {
        block.read_row(row, fields);
        EXPECT_EQ(fields[0].bytes(), "number " + std::to_string(row));
        EXPECT_EQ(block.field(row, 0).bytes(), fields[0].bytes());
        EXPECT_EQ(fields[1].is_null(), row % 2 == 1);
        EXPECT_EQ(block.field(row, 1).is_null(), row % 2 == 1);
        EXPECT_EQ(fields[1].bytes(), row % 4 == 2 ? "word " + std::to_string(row) : "");
    }
}

TEST(WholeResultBlock, shows_the_result_it_owns) { expect_rows(WholeResultBlock{make_result(9)}, 9); }

TEST(StreamedBlock, shows_the_rows_it_gathered) {
    ResultHandle rows = make_result(9);
    StreamedBlock block{std::shared_ptr<const PGresult>{PQcopyResult(rows.get(), PG_COPYRES_ATTRS), ClearResult{}}};
    EXPECT_EQ(block.row_count(), 0U);
    for (int row = 0; row < 9; ++row) {
        // Single-row mode gives each row a result of its own.
        ResultHandle single{PQcopyResult(rows.get(), PG_COPYRES_ATTRS)};
        for (int column = 0; column < 2; ++column) {
            const bool null = PQgetisnull(rows.get(), row, column) != 0;
            PQsetvalue(single.get(), 0, column, null ? nullptr : PQgetvalue(rows.get(), row, column),
                       null ? -1 : PQgetlength(rows.get(), row, column));
        }
        block.append(single.get());
    }
    rows.reset();
    expect_rows(block, 9);
}

}  // namespace
}  // namespace picoxx::libpq
