#pragma once

#include <picoxx/testing/fake_answer.hpp>
#include <picoxx/testing/vector_row_block.hpp>

#include <picoxx/port/response_sink.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace picoxx::testing {

/// Keeps all it hears.
class CollectingSink final : public ResponseSink {
public:
    // --- what it does ---
    std::function<Flow()> on_block = [] { return Flow::go_on; };  ///< Answers each block of rows but the last.
    std::function<void()> on_end = [] {};                         ///< Called last, within the last call.

    // --- what it heard ---
    std::vector<OwnedNotice> notices;
    bool described = false;
    std::vector<Oid> parameters;
    std::vector<OwnedColumn> columns;  ///< Of the description or of the rows, whichever came last.
    std::vector<Row> rows;
    std::size_t blocks = 0;
    std::optional<std::string> tag;
    std::optional<std::uint64_t> affected_rows;
    std::optional<Error> error;
    std::size_t calls_after_end = 0;

    [[nodiscard]] bool done() const noexcept { return tag.has_value() || error.has_value(); }
    [[nodiscard]] bool completed() const noexcept { return tag.has_value() && !error; }

    void on_notice(const Notice& notice) noexcept override {
        check();
        notices.push_back({std::string{notice.sqlstate}, std::string{notice.severity}, std::string{notice.message}});
    }
    void on_described(std::span<const Oid> of_parameters, std::span<const Column> of_columns) noexcept override {
        check();
        described = true;
        parameters.assign(of_parameters.begin(), of_parameters.end());
        columns.clear();
        for (const Column& column : of_columns) keep(column);
    }
    Flow on_rows(std::unique_ptr<RowBlock> block) noexcept override {
        check();
        keep(*block);
        return on_block();
    }
    void on_result(std::unique_ptr<RowBlock> block, const CommandTag& command_tag) noexcept override {
        check();
        if (block != nullptr) keep(*block);
        tag = std::string{command_tag.text};
        affected_rows = command_tag.affected_rows;
        on_end();
    }
    void on_error(Error of_command) noexcept override {
        check();
        error = std::move(of_command);
        on_end();
    }

private:
    void check() {
        if (done()) ++calls_after_end;
    }
    void keep(const RowBlock& block) {
        ++blocks;
        columns.clear();
        for (std::size_t i = 0; i < block.column_count(); ++i) keep(block.column(i));
        std::vector<FieldView> fields(block.column_count());
        for (std::size_t row = 0; row < block.row_count(); ++row) {
            block.read_row(row, fields);
            Row& cells = rows.emplace_back();
            for (const FieldView& field : fields) {
                cells.push_back(field.is_null() ? Cell{} : Cell{std::string{field.bytes()}});
            }
        }
    }
    void keep(const Column& column) { columns.push_back({std::string{column.name}, column.type, column.format}); }
};

}  // namespace picoxx::testing
