#include "commands.hpp"
#include "ddl_tail.hpp"

#include <array>

namespace picoxx::devcluster {
namespace {

std::optional<AuthMethod> parse_method(TokenCursor& cursor) {
    if (!cursor.accept("using")) {
        return std::nullopt;
    }
    if (cursor.accept("md5")) return AuthMethod::md5;
    if (cursor.accept("ldap")) return AuthMethod::ldap;
    const auto& word = cursor.peek();
    // scram-sha256 and chap-sha1 come as word, minus, word.
    if (word.is_word("scram") && cursor.peek(1).is("-") && cursor.peek(2).is_word("sha256")) {
        cursor.next(), cursor.next(), cursor.next();
        return AuthMethod::scram_sha256;
    }
    if (word.is_word("chap") && cursor.peek(1).is("-") && cursor.peek(2).is_word("sha1")) {
        cursor.next(), cursor.next(), cursor.next();
        return AuthMethod::chap_sha1;
    }
    cursor.fail("ChapSha1, Md5, Ldap, or ScramSha256");
}

std::string parse_password(TokenCursor& cursor) {
    if (cursor.peek().kind != TokenKind::string) {
        cursor.fail("SingleQuotedString");
    }
    return cursor.next().text;
}

/// The tail of ACL statements is OPTION (TIMEOUT = n) alone; its value means nothing here.
void finish(TokenCursor& cursor) { parse_ddl_tail(cursor); }

ParsedCommand parse_create_user(TokenCursor& cursor) {
    CreateUser user;
    user.if_exists = parse_if_not_exists(cursor);
    user.name = cursor.name();
    cursor.accept("with");
    if (cursor.accept("password")) {
        user.password = parse_password(cursor);
    }
    user.method = parse_method(cursor).value_or(AuthMethod::md5);
    finish(cursor);
    return {StatementKind::acl, "CREATE ROLE", std::move(user), std::nullopt};
}

ParsedCommand parse_alter_user(TokenCursor& cursor) {
    AlterUser alter;
    alter.name = cursor.name();
    cursor.accept("with");
    if (cursor.accept("login")) {
        alter.action = AlterUser::Action::login;
    } else if (cursor.accept("nologin")) {
        alter.action = AlterUser::Action::nologin;
    } else if (cursor.accept({"rename", "to"})) {
        alter.action = AlterUser::Action::rename;
        alter.argument = cursor.name();
    } else if (cursor.accept("password")) {
        alter.action = AlterUser::Action::password;
        alter.argument = parse_password(cursor);
        alter.method = parse_method(cursor).value_or(AuthMethod::md5);
    } else {
        cursor.fail("AlterLogin, AlterNoLogin, AlterPassword, or AlterRename");
    }
    finish(cursor);
    return {StatementKind::acl, "ALTER ROLE", std::move(alter), std::nullopt};
}

/// [ON] TABLE t | TABLE | ON USER u | USER | ROLE … | PROCEDURE p[(types)]
void parse_object(TokenCursor& cursor, ChangePrivilege& change) {
    const bool specific = cursor.accept("on");
    static constexpr std::array<std::string_view, 4> types{"table", "user", "role", "procedure"};
    for (const auto type : types) {
        if (cursor.accept(type)) {
            change.object_type = type;
            if (specific) {
                change.object = cursor.name();
                if (cursor.accept_symbol("(")) {
                    while (!cursor.at_end() && !cursor.accept_symbol(")")) {
                        cursor.next();
                    }
                }
            }
            return;
        }
    }
    if (specific) {
        cursor.fail(
            "PrivBlockSpecificTable, PrivBlockSpecificUser, PrivBlockSpecificRole, or PrivBlockSpecificProcedure");
    }
    change.object_type = "universe";
}

ParsedCommand parse_privilege(const std::vector<Token>& tokens, bool revoke) {
    TokenCursor cursor{tokens, 1};
    const std::string direction = revoke ? "from" : "to";
    // GRANT role TO grantee
    if (cursor.peek().is_name() && cursor.peek(1).is_word(direction)) {
        ChangeRole change{revoke, cursor.name(), {}};
        cursor.next();
        change.grantee = cursor.name();
        finish(cursor);
        return {StatementKind::acl, revoke ? "REVOKE ROLE" : "GRANT ROLE", std::move(change), std::nullopt};
    }
    ChangePrivilege change;
    change.revoke = revoke;
    static constexpr std::array<std::string_view, 9> privileges{"read",    "write",   "create", "alter", "drop",
                                                                "execute", "session", "usage",  "login"};
    for (const auto privilege : privileges) {
        if (cursor.accept(privilege)) {
            change.privilege = privilege;
            break;
        }
    }
    if (change.privilege.empty()) {
        cursor.fail("PrivBlock");
    }
    parse_object(cursor, change);
    if (!cursor.accept(direction)) {
        cursor.fail(revoke ? "From" : "To");
    }
    change.grantee = cursor.name();
    finish(cursor);
    return {StatementKind::acl, revoke ? "REVOKE" : "GRANT", std::move(change), std::nullopt};
}

}  // namespace

ParsedCommand parse_acl(const std::vector<Token>& tokens) {
    TokenCursor cursor{tokens};
    if (cursor.accept({"create", "user"})) {
        return parse_create_user(cursor);
    }
    if (cursor.accept({"alter", "user"})) {
        return parse_alter_user(cursor);
    }
    if (cursor.accept({"drop", "user"})) {
        DropUser drop;
        drop.if_exists = parse_if_exists(cursor);
        drop.name = cursor.name();
        finish(cursor);
        return {StatementKind::acl, "DROP ROLE", std::move(drop), std::nullopt};
    }
    if (cursor.accept({"create", "role"})) {
        CreateRole create;
        create.if_exists = parse_if_not_exists(cursor);
        create.name = cursor.name();
        finish(cursor);
        return {StatementKind::acl, "CREATE ROLE", std::move(create), std::nullopt};
    }
    if (cursor.accept({"drop", "role"})) {
        DropRole drop;
        drop.if_exists = parse_if_exists(cursor);
        drop.name = cursor.name();
        finish(cursor);
        return {StatementKind::acl, "DROP ROLE", std::move(drop), std::nullopt};
    }
    if (cursor.accept({"audit", "policy"})) {
        while (!cursor.at_end()) {
            cursor.next();
        }
        return {StatementKind::acl, "ALTER ROLE", NoEffect{}, std::nullopt};
    }
    return parse_privilege(tokens, tokens.front().is_word("revoke"));
}

}  // namespace picoxx::devcluster
