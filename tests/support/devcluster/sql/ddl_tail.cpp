#include "ddl_tail.hpp"

#include <charconv>

namespace picoxx::devcluster {
namespace {

double parse_seconds(TokenCursor& cursor) {
    const auto& token = cursor.peek();
    if (token.kind != TokenKind::integer && token.kind != TokenKind::decimal) {
        cursor.fail("Duration");
    }
    double seconds = 0;
    std::from_chars(token.text.data(), token.text.data() + token.text.size(), seconds);
    cursor.next();
    return seconds;
}

}  // namespace

DdlTimeout parse_ddl_tail(TokenCursor& cursor) {
    DdlTimeout timeout;
    if (cursor.accept({"wait", "applied"})) {
        if (!cursor.accept("globally") && !cursor.accept("locally")) {
            cursor.fail("Globally or Locally");
        }
    }
    if (cursor.accept("option")) {
        cursor.expect_symbol("(", "DdlOption");
        cursor.expect("timeout", "TimeoutOption");
        cursor.expect_symbol("=", "TimeoutOption");
        timeout = std::chrono::duration<double>{parse_seconds(cursor)};
        cursor.expect_symbol(")", "EOI");
    }
    cursor.expect_end();
    return timeout;
}

IfExists parse_if_not_exists(TokenCursor& cursor) {
    return cursor.accept({"if", "not", "exists"}) ? IfExists::skip : IfExists::fail;
}

IfExists parse_if_exists(TokenCursor& cursor) {
    return cursor.accept({"if", "exists"}) ? IfExists::skip : IfExists::fail;
}

SqlType parse_column_type(TokenCursor& cursor) {
    const auto type = cursor.peek().kind == TokenKind::identifier ? column_type(cursor.peek().text) : std::nullopt;
    if (!type) {
        cursor.fail("ColumnDefType");
    }
    cursor.next();
    if (cursor.accept_symbol("(")) {
        while (!cursor.accept_symbol(")")) {
            if (cursor.peek().kind != TokenKind::integer && !cursor.peek().is(",")) {
                cursor.fail("Unsigned");
            }
            cursor.next();
        }
    }
    return *type;
}

std::vector<std::string> parse_name_list(TokenCursor& cursor) {
    std::vector<std::string> names;
    cursor.expect_symbol("(", "Identifier");
    do {
        names.push_back(cursor.name());
    } while (cursor.accept_symbol(","));
    cursor.expect_symbol(")", "Identifier");
    return names;
}

}  // namespace picoxx::devcluster
