#pragma once

#include <boost/json.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::testing {

/// What a start-up message says.
struct RawLogin {
    std::optional<std::string> user = "admin";
    std::string password = "T0psecret";
    std::map<std::string, std::string> parameters{};
    std::uint32_t protocol = 196'608;
};

/// A blocking client of the wire protocol that turns every message into JSON, as the recorded conversations have them.
/// Knows md5 and SCRAM-SHA-256; everything else is up to the conversation.
class RawClient {
public:
    /// Connects to 127.0.0.1; sends nothing. Throws std::runtime_error.
    explicit RawClient(std::uint16_t port);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// Start-up and login. @return what came, up to ReadyForQuery, an error or the end
    boost::json::array log_in(const RawLogin& login);

    /// Raw bytes. @return false if the connection is gone
    bool send_bytes(std::string_view bytes);
    /// Messages of a recorded conversation, in one write. @return false if the connection is gone
    bool send(const std::vector<const boost::json::object*>& messages);
    /// Reads up to the `count`-th ReadyForQuery.
    boost::json::array read(std::size_t count);
    /// Reads until nothing came for `silence`.
    boost::json::array read_until_quiet(std::chrono::milliseconds silence);
    /// Says nothing more, and reads until the server has noticed and ended the connection, too.
    void leave();
    /// The first byte that comes; empty at the end of the connection.
    std::string read_byte();

    /// A simple query. @return its answer
    boost::json::array query(std::string_view sql);

private:
    static constexpr char ended = '\1';      // in place of a message's type: the connection is over
    static constexpr char timed_out = '\2';  // nothing came in time
    struct Message {
        char type;
        std::string body;
    };

    Message next(std::chrono::milliseconds patience);
    boost::json::object decode(const Message& message);
    void authenticate(std::string_view body, const RawLogin& login);

    int socket_;
    std::string buffer_;
    std::vector<int> row_formats_;     // as the last Bind asked
    std::vector<int> result_formats_;  // as the last RowDescription said
    std::string client_first_;
};

/// One message of a conversation as bytes.
[[nodiscard]] std::string encode(const boost::json::object& message);

}  // namespace picoxx::testing
