#include "self_connection.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx::libpq {
namespace {

/// A TCP socket with a port of its own on the loopback interface.
class Socket {
public:
    Socket() : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    ~Socket() { close(); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    void bind_to_any_port() {
        socklen_t size = sizeof address_;
        ASSERT_EQ(::bind(descriptor_, generic(), size), 0);
        ASSERT_EQ(::getsockname(descriptor_, generic(), &size), 0);
    }
    [[nodiscard]] bool bind_to_port_of(const Socket& other) {
        address_ = other.address_;
        return ::bind(descriptor_, generic(), sizeof address_) == 0;
    }
    void connect_to(Socket& other) { ASSERT_EQ(::connect(descriptor_, other.generic(), sizeof address_), 0); }
    void close() noexcept {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = -1;
    }

private:
    sockaddr* generic() noexcept { return reinterpret_cast<sockaddr*>(&address_); }

    int descriptor_;
    sockaddr_in address_{};
};

TEST(SelfConnection, is_known_by_its_two_equal_names) {
    Socket socket;
    socket.bind_to_any_port();
    EXPECT_FALSE(is_connected_to_itself(socket.descriptor())) << "not connected at all";

    socket.connect_to(socket);

    EXPECT_TRUE(is_connected_to_itself(socket.descriptor()));
}

TEST(SelfConnection, is_no_connection_to_another_socket) {
    Socket server;
    server.bind_to_any_port();
    ASSERT_EQ(::listen(server.descriptor(), 1), 0);
    Socket client;

    client.connect_to(server);

    EXPECT_FALSE(is_connected_to_itself(client.descriptor()));
    EXPECT_FALSE(is_connected_to_itself(-1));
}

TEST(SelfConnection, that_was_reset_leaves_its_port_free) {
    for (const bool reset : {false, true}) {
        Socket socket;
        socket.bind_to_any_port();
        socket.connect_to(socket);
        if (reset) reset_at_close(socket.descriptor());
        socket.close();

        Socket node;
        EXPECT_EQ(node.bind_to_port_of(socket), reset);
    }
}

}  // namespace
}  // namespace picoxx::libpq
