#pragma once

#include "command_context.hpp"

#include <string>

namespace picoxx::devcluster {

/// Users, roles and privileges. The functions throw SqlError.
class UserCommands : public CommandContext {
public:
    using CommandContext::CommandContext;

    void operator()(const CreateUser& command);
    void operator()(const AlterUser& command);
    void operator()(const DropUser& command);
    void operator()(const CreateRole& command);
    void operator()(const DropRole& command);
    void operator()(const ChangePrivilege& command);
    void operator()(const ChangeRole& command);

private:
    void require_grantee(const std::string& name) const;
};

}  // namespace picoxx::devcluster
