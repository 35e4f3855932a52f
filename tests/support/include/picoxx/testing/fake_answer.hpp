#pragma once

#include <picoxx/testing/vector_row_block.hpp>

#include <picoxx/port/command.hpp>
#include <picoxx/port/error.hpp>
#include <picoxx/port/response_sink.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace picoxx::testing {

/// A notice that owns its text.
struct OwnedNotice {
    std::string sqlstate = "00000";
    std::string severity = "NOTICE";
    std::string message;

    [[nodiscard]] Notice view() const noexcept { return {sqlstate, severity, message}; }
    [[nodiscard]] friend bool operator==(const OwnedNotice&, const OwnedNotice&) = default;
};

/// What a fake does when it is asked a statement: notices, then rows, then the ending.
struct FakeAnswer {
    enum class Ending : std::uint8_t {
        complete,
        error,                  ///< With `error`, after the rows.
        lost_before_execution,  ///< The connection ends; the statement was not executed.
        lost_after_execution,   ///< The connection ends; the statement was executed.
    };
    enum class Timing : std::uint8_t {
        at_once,
        when_released,  ///< Hangs until `FakeNode::release`.
    };
    /// Where in the life of a statement ending and timing strike. `parse`: a prepare feels them too.
    enum class Phase : std::uint8_t { parse, execute };

    std::vector<Oid> parameters;  ///< As described; those the caller declared where empty.
    std::vector<OwnedColumn> columns;
    std::vector<Row> rows;
    std::vector<OwnedNotice> notices;
    std::string tag;
    std::optional<std::uint64_t> affected_rows;
    Ending ending = Ending::complete;
    Error error;
    Timing timing = Timing::at_once;
    Phase phase = Phase::execute;

    /// Rows from `first` on; null where the answer has no columns.
    [[nodiscard]] std::unique_ptr<RowBlock> block(std::size_t first = 0,
                                                  std::size_t count = static_cast<std::size_t>(-1)) const {
        if (columns.empty()) return nullptr;
        const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
        const auto end = begin + static_cast<std::ptrdiff_t>(std::min(count, rows.size() - first));
        return std::make_unique<VectorRowBlock>(columns, std::vector<Row>(begin, end));
    }
};

[[nodiscard]] inline FakeAnswer rows_answer(std::vector<OwnedColumn> columns, std::vector<Row> rows) {
    FakeAnswer answer;
    answer.columns = std::move(columns);
    answer.tag = "SELECT " + std::to_string(rows.size());
    answer.affected_rows = rows.size();
    answer.rows = std::move(rows);
    return answer;
}

/// Such as `done_answer("INSERT 0 1", 1)`.
[[nodiscard]] inline FakeAnswer done_answer(std::string tag, std::optional<std::uint64_t> affected = std::nullopt) {
    FakeAnswer answer;
    answer.tag = std::move(tag);
    answer.affected_rows = affected;
    return answer;
}

[[nodiscard]] inline FakeAnswer error_answer(Error error, FakeAnswer::Phase phase = FakeAnswer::Phase::execute) {
    FakeAnswer answer;
    answer.ending = FakeAnswer::Ending::error;
    answer.error = std::move(error);
    answer.phase = phase;
    return answer;
}

/// Errc::server_error as a transport reports it.
[[nodiscard]] inline Error server_error(std::string server_text, std::string sqlstate = "XX000",
                                        Effect effect = Effect::none) {
    Error error = make_error(Errc::server_error, "the server refused the statement", effect);
    error.sqlstate = std::move(sqlstate);
    error.server_text = std::move(server_text);
    return error;
}

/// The connection ends instead of an answer.
[[nodiscard]] inline FakeAnswer lost_answer(FakeAnswer::Ending ending = FakeAnswer::Ending::lost_after_execution) {
    FakeAnswer answer;
    answer.ending = ending;
    return answer;
}

/// The same answer, held back until `FakeNode::release`.
[[nodiscard]] inline FakeAnswer hanging(FakeAnswer answer) {
    answer.timing = FakeAnswer::Timing::when_released;
    return answer;
}

[[nodiscard]] inline Error connection_lost(Effect effect) {
    return make_error(Errc::connection_lost, "the connection ended", effect);
}

/// One bound value that owns its bytes.
struct FakeParameter {
    Oid type = oid::inferred;
    Format format = Format::text;
    Cell value;
};

/// A command as a fake received it.
struct FakeSubmission {
    Command::Kind kind = Command::Kind::execute;
    std::string statement;
    std::string sql;  ///< Also where an execute took a statement that was prepared.
    std::vector<FakeParameter> parameters;
    Format result_format = Format::binary;
    Command::Delivery delivery = Command::Delivery::whole;
    Command::Sync sync = Command::Sync::after;
    Command::Describe describe = Command::Describe::no;
};

}  // namespace picoxx::testing
