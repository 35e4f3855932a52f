#include "user_commands.hpp"

#include <algorithm>
#include <cctype>

namespace picoxx::devcluster {
namespace {

void check_password(const std::string& password) {
    if (password.size() < 8) {
        throw plain_error("password is too short: expected at least 8, got " + std::to_string(password.size()));
    }
    const auto lacks = [&](int (*is)(int)) {
        return std::none_of(password.begin(), password.end(), [is](unsigned char c) { return is(c) != 0; });
    };
    if (lacks(std::isupper)) {
        throw plain_error("invalid password: password should contain at least one uppercase letter");
    }
    if (lacks(std::islower)) {
        throw plain_error("invalid password: password should contain at least one lowercase letter");
    }
    if (lacks(std::isdigit)) {
        throw plain_error("invalid password: password should contain at least one digit");
    }
}

}  // namespace

void UserCommands::operator()(const CreateUser& command) {
    require("create", "user", command.name, "Create access to user");
    if (shared_.users.has_user(command.name)) {
        return skip_or_fail(command.if_exists, "user " + command.name + " already exists");
    }
    if (shared_.users.has_role(command.name)) {
        throw plain_error("role " + command.name + " already exists");
    }
    if (command.password) {
        check_password(*command.password);
    }
    shared_.users.put_user({command.name, command.method, command.password.value_or(""), true, 0});
}

void UserCommands::operator()(const AlterUser& command) {
    auto record = shared_.users.find_user(command.name);
    if (!record) {
        throw plain_error("user " + command.name + " does not exist");
    }
    const bool own_password = command.name == user_ && command.action == AlterUser::Action::password;
    if (!own_password) {
        require("alter", "user", command.name, "Alter access to user");
    }
    switch (command.action) {
        case AlterUser::Action::password:
            check_password(command.argument);
            record->password = command.argument;
            record->method = command.method;
            break;
        case AlterUser::Action::login:
            record->may_login = true;
            ++record->login_epoch;
            break;
        case AlterUser::Action::nologin: record->may_login = false; break;
        case AlterUser::Action::rename:
            shared_.users.remove(command.name);
            record->name = command.argument;
            break;
    }
    shared_.users.put_user(*record);
}

void UserCommands::operator()(const DropUser& command) {
    if (!shared_.users.has_user(command.name)) {
        return skip_or_fail(command.if_exists, "user " + command.name + " does not exist");
    }
    require("drop", "user", command.name, "Drop access to user");
    shared_.users.remove(command.name);
}

void UserCommands::operator()(const CreateRole& command) {
    require("create", "role", command.name, "Create access to role");
    if (shared_.users.has_role(command.name) || shared_.users.has_user(command.name)) {
        return skip_or_fail(command.if_exists, "role " + command.name + " already exists");
    }
    shared_.users.put_role(command.name);
}

void UserCommands::operator()(const DropRole& command) {
    if (!shared_.users.has_role(command.name)) {
        return skip_or_fail(command.if_exists, "role " + command.name + " does not exist");
    }
    require("drop", "role", command.name, "Drop access to role");
    shared_.users.remove(command.name);
}

void UserCommands::operator()(const ChangePrivilege& command) {
    if (command.object_type == "table" && command.object) {
        const auto table = shared_.tables.find(*command.object);
        if (table == nullptr) {
            throw plain_error("sbroad: space " + *command.object + " not found");
        }
        if (user_ != "admin" && table->owner != user_) {
            throw access_denied(std::string{command.revoke ? "Revoke" : "Grant"} + " to table", *command.object, user_);
        }
    } else if (user_ != "admin") {
        throw access_denied(std::string{command.revoke ? "Revoke" : "Grant"} + " to " + command.object_type,
                            command.object.value_or(""), user_);
    }
    require_grantee(command.grantee);
    const Grant grant{command.privilege, command.object_type, command.object};
    if (command.revoke) {
        shared_.users.revoke(command.grantee, grant);
    } else {
        shared_.users.grant(command.grantee, grant);
    }
}

void UserCommands::operator()(const ChangeRole& command) {
    if (!shared_.users.has_role(command.role)) {
        throw plain_error("role " + command.role + " does not exist");
    }
    if (user_ != "admin") {
        throw access_denied(std::string{command.revoke ? "Revoke" : "Grant"} + " to role", command.role, user_);
    }
    require_grantee(command.grantee);
    if (command.revoke) {
        shared_.users.revoke_role(command.grantee, command.role);
    } else {
        shared_.users.grant_role(command.grantee, command.role);
    }
}

void UserCommands::require_grantee(const std::string& name) const {
    if (!shared_.users.has_user(name) && !shared_.users.has_role(name)) {
        throw plain_error("Nor user, neither role with name " + name + " exists");
    }
}

}  // namespace picoxx::devcluster
