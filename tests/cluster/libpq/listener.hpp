#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx::testing {

/// Listens on the loopback interface; the kernel accepts, nobody answers.
class Listener {
public:
    Listener() : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        auto* const generic = reinterpret_cast<sockaddr*>(&address_);
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        EXPECT_EQ(::bind(descriptor_, generic, size), 0);
        EXPECT_EQ(::getsockname(descriptor_, generic, &size), 0);
        EXPECT_EQ(::listen(descriptor_, 8), 0);
    }
    ~Listener() { ::close(descriptor_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] std::uint16_t port() const { return ntohs(address_.sin_port); }
    /// Reads what the next client sends first, then hangs up.
    void read_and_hang_up() const {
        const int client = ::accept(descriptor_, nullptr, nullptr);
        std::array<char, 1024> buffer{};
        EXPECT_GT(::recv(client, buffer.data(), buffer.size(), 0), 0);
        ::close(client);
    }

private:
    int descriptor_;
    sockaddr_in address_{};
};

}  // namespace picoxx::testing
