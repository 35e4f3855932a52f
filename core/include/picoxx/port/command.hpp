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

/// One message to the server, always of the extended protocol: an idle session that ran a simple Query keeps a
/// statement and a portal of the server's shared store (measured, Picodata 25.6).
struct Command {
    enum class Kind : std::uint8_t {
        prepare,  ///< Parses `sql` under the name `statement`; where that is empty, as the unnamed statement.
        execute,  ///< Where `sql` is empty, executes `statement`; otherwise parses `sql` as the unnamed one and executes it.
        close_statement,  ///< Frees `statement`, which has a name, on the server.
    };
    enum class Delivery : std::uint8_t {
        whole,     ///< All rows in one block.
        streamed,  ///< A block for every few rows as they arrive; the sink may pause.
    };
    enum class Describe : std::uint8_t {
        no,
        yes,  ///< Asks for the types of parameters and columns. Fails from 7499 parameters on (measured: the server breaks off, and
        ///< libpq 15 takes that for a broken stream; libpq 17 waits for the rest).
    };
    enum class Sync : std::uint8_t {
        after,  ///< The server may answer now, and an error skips nothing after this command.
        later,  ///< The next command belongs to the same batch: an error here skips it.
    };

    Kind kind = Kind::execute;
    /// Name on the server, unique within the session. Empty: the unnamed statement, which lives until `sql` is parsed
    /// under no name the next time, or another statement is closed. An execute that parses does not look at it.
    CStringView statement;
    CStringView sql;  ///< With prepare, and with an execute that parses; an empty text can only be prepared.
    std::span<const Parameter> parameters;  ///< With prepare only their types count.
    Format result_format = Format::binary;
    Delivery delivery = Delivery::whole;
    std::uint32_t row_limit =
        0;  ///< Rows after which the server suspends; 0 is none. A transport may answer `unsupported`.
    Sync sync = Sync::after;
    Describe describe = Describe::no;  ///< With prepare.
};

}  // namespace picoxx
