#pragma once

#include "client_socket.hpp"
#include "wire/message_reader.hpp"
#include "wire/message_writer.hpp"

#include <optional>
#include <string>
#include <variant>

namespace picoxx::devcluster {

/// The messages of one client: takes them off its socket one by one, and keeps the answers until they are flushed.
class MessageStream {
public:
    explicit MessageStream(ClientSocket& socket) : socket_{socket} {}

    /// None: the client is gone.
    [[nodiscard]] std::optional<StartupPacket> read_startup();
    [[nodiscard]] std::optional<std::variant<FrontendMessage, BrokenStream>> read();
    /// A single byte outside any message: the answer to SSLRequest.
    [[nodiscard]] SocketResult write_byte(char byte);
    [[nodiscard]] MessageWriter& out() noexcept { return out_; }
    [[nodiscard]] SocketResult flush();

private:
    template <class Message, class Decode>
    std::optional<Message> read_with(Decode decode);

    ClientSocket& socket_;
    std::string in_;
    std::size_t taken_ = 0;  ///< bytes at the head of `in_` already decoded
    MessageWriter out_;
};

}  // namespace picoxx::devcluster
