#pragma once

#include "catalog_shared.hpp"
#include "commands.hpp"
#include "error_texts.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace picoxx::devcluster {

/// On whose behalf a command is carried out, and what most commands look at first. The functions throw SqlError.
class CommandContext {
public:
    CommandContext(Catalog::Shared& shared, const std::string& user) : shared_{shared}, user_{user} {}

protected:
    static void skip_or_fail(IfExists if_exists, std::string message) {
        if (if_exists == IfExists::fail) {
            throw plain_error(std::move(message));
        }
    }

    void require(std::string_view privilege, std::string_view type, const std::string& object,
                 std::string_view action) const {
        if (!shared_.users.allows(user_, privilege, type, object)) {
            throw access_denied(action, object, user_);
        }
    }

    Catalog::Shared& shared_;
    const std::string& user_;
};

}  // namespace picoxx::devcluster
