#pragma once

#include "instance.hpp"
#include "message_stream.hpp"

#include <string>

namespace picoxx::devcluster {

enum class LoginResult {
    ok,      ///< AuthenticationOk is written
    refused  ///< the error, if any, is sent; the connection is to be closed
};

/// Authenticates a user as Picodata does: the method is the user's own; who does not exist is asked for SCRAM.
[[nodiscard]] LoginResult log_in(MessageStream& stream, Instance& instance, const std::string& user);

}  // namespace picoxx::devcluster
