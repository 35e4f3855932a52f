#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx {

/// A balancer as they stand before clusters: each connection is forwarded to the next of its targets. On a free
/// loopback port; one thread for each connection.
class TurnProxy {
public:
    /// Ports of this machine.
    explicit TurnProxy(std::vector<std::uint16_t> targets) : targets_{std::move(targets)} {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        const bool listens = ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                             ::listen(listener_, 64) == 0 &&
                             ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
        if (listens) port_ = ntohs(address.sin_port);
        accepting_ = std::thread{[this] { accept_all(); }};
    }
    ~TurnProxy() {
        stopped_ = true;
        accepting_.join();
        for (std::thread& thread : forwarding_) thread.join();
        ::close(listener_);
    }
    TurnProxy(const TurnProxy&) = delete;
    TurnProxy& operator=(const TurnProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
    static constexpr int look_again_ms = 20;

    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

    void accept_all() {
        for (std::size_t turn = 0; !stopped_;) {
            pollfd watched{listener_, POLLIN, 0};
            if (::poll(&watched, 1, look_again_ms) <= 0) continue;
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) continue;
            const std::uint16_t target = targets_[turn++ % targets_.size()];
            forwarding_.emplace_back([this, client, target] { forward(client, target); });
        }
    }

    void forward(int client, std::uint16_t target) const {
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopback(target);
        bool open = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        while (open && !stopped_) {
            std::array<pollfd, 2> watched{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
            if (::poll(watched.data(), watched.size(), look_again_ms) <= 0) continue;
            open = (watched[0].revents == 0 || pass_on(client, server)) &&
                   (watched[1].revents == 0 || pass_on(server, client));
        }
        ::close(client);
        ::close(server);
    }

    static bool pass_on(int from, int to) {
        std::array<char, 4096> bytes;
        ssize_t left = ::recv(from, bytes.data(), bytes.size(), 0);
        if (left <= 0) return false;
        for (const char* next = bytes.data(); left > 0;) {
            const ssize_t sent = ::send(to, next, static_cast<std::size_t>(left), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            next += sent;
            left -= sent;
        }
        return true;
    }

    std::vector<std::uint16_t> targets_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopped_{false};
    std::vector<std::thread> forwarding_;
    std::thread accepting_;
};

}  // namespace picoxx
