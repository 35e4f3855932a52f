#pragma once

#include <picoxx/port/c_string_view.hpp>
#include <picoxx/port/oid.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace picoxx {

/// One bound value.
/// Lifetime: the bytes need to live until `Session::submit` returns.
/// @pre a text value is followed by a NUL byte that does not belong to it, since C libraries look for it.
struct Parameter {
    Oid type = oid::inferred;
    Format format = Format::text;
    std::optional<std::span<const std::byte>> value;  ///< nullopt is NULL.
};

/// One message to the server, always of the extended protocol: an idle session that ran a simple Query keeps a statement and a portal
/// of the server's shared store (measured, Picodata 25.6).
struct Command {
    enum class Kind : std::uint8_t {
        prepare,          ///< Parses `sql` under the name `statement` and describes it.
        execute,          ///< Executes `statement`; where that is empty, parses and executes `sql` in one go.
        close_statement,  ///< Frees `statement` on the server.
    };
    enum class Delivery : std::uint8_t {
        whole,     ///< All rows in one block.
        streamed,  ///< A block for every few rows as they arrive; the sink may pause.
    };
    enum class Sync : std::uint8_t {
        after,  ///< The server may answer now, and an error skips nothing after this command.
        later,  ///< The next command belongs to the same batch: an error here skips it.
    };

    Kind kind = Kind::execute;
    CStringView statement;                  ///< Name on the server, unique within the session.
    CStringView sql;                        ///< With prepare, and with execute where `statement` is empty.
    std::span<const Parameter> parameters;  ///< With prepare only their types count.
    Format result_format = Format::binary;
    Delivery delivery = Delivery::whole;
    std::uint32_t row_limit =
        0;  ///< Rows after which the server suspends; 0 is none. A transport may answer `unsupported`.
    Sync sync = Sync::after;
};

}  // namespace picoxx
