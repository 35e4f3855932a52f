#pragma once

#include "commands.hpp"
#include "token_cursor.hpp"

namespace picoxx::devcluster {

/// [WAIT APPLIED GLOBALLY|LOCALLY] [OPTION (TIMEOUT = n)] and the end of the statement.
DdlTimeout parse_ddl_tail(TokenCursor& cursor);

/// IF NOT EXISTS
IfExists parse_if_not_exists(TokenCursor& cursor);
/// IF EXISTS
IfExists parse_if_exists(TokenCursor& cursor);

/// A type in a column definition with its (n) or (p, s), which mean nothing.
SqlType parse_column_type(TokenCursor& cursor);

/// `(a, b, c)`
std::vector<std::string> parse_name_list(TokenCursor& cursor);

}  // namespace picoxx::devcluster
