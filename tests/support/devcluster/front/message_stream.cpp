#include "message_stream.hpp"

#include <string_view>
#include <utility>

namespace picoxx::devcluster {

template <class Message, class Decode>
std::optional<Message> MessageStream::read_with(Decode decode) {
    while (true) {
        if (auto decoded = decode(std::string_view{in_}.substr(taken_))) {
            taken_ += decoded->size;
            return std::move(decoded->message);
        }
        in_.erase(0, taken_);
        taken_ = 0;
        if (socket_.read_some(in_) == SocketResult::closed) return std::nullopt;
    }
}

std::optional<StartupPacket> MessageStream::read_startup() { return read_with<StartupPacket>(&decode_startup); }

std::optional<std::variant<FrontendMessage, BrokenStream>> MessageStream::read() {
    return read_with<std::variant<FrontendMessage, BrokenStream>>(&decode_message);
}

SocketResult MessageStream::write_byte(char byte) { return socket_.write_all({&byte, 1}); }

SocketResult MessageStream::flush() {
    const auto result = socket_.write_all(out_.bytes());
    out_.clear();
    return result;
}

}  // namespace picoxx::devcluster
