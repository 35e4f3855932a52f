#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx::testing {

/// Listens on the loopback interface; the kernel accepts, nobody answers.
class Listener {
public:
    explicit Listener(std::uint16_t port = 0) : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        auto* const generic = reinterpret_cast<sockaddr*>(&address_);
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address_.sin_port = htons(port);
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

    /// Lets the next client in without a password, answers its first command with `answer`, and waits for the client to
    /// hang up.
    void log_in_and_answer(std::string_view answer) const {
        const int client = ::accept(descriptor_, nullptr, nullptr);
        std::array<char, 1024> buffer{};
        EXPECT_GT(::recv(client, buffer.data(), buffer.size(), 0), 0);
        send(client, message('R', {"\0\0\0\0", 4}) + message('Z', "I"));
        EXPECT_GT(::recv(client, buffer.data(), buffer.size(), 0), 0);
        send(client, answer);
        while (::recv(client, buffer.data(), buffer.size(), 0) > 0) {
        }
        ::close(client);
    }
    /// One message of the protocol; shorter than 120 bytes.
    [[nodiscard]] static std::string message(char type, std::string_view body) {
        return std::string{type} + std::string(3, '\0') + static_cast<char>(body.size() + 4) + std::string{body};
    }

private:
    static void send(int client, std::string_view bytes) {
        EXPECT_EQ(::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    }

    int descriptor_;
    sockaddr_in address_{};
};

}  // namespace picoxx::testing
