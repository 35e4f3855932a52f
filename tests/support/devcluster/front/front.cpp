#include "front.hpp"

#include "session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <iterator>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx::devcluster {
namespace {

constexpr int backlog = 1024;

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

/// A socket bound to a port of 127.0.0.1; 0 = any free one.
Descriptor bind_port(std::uint16_t port) {
    Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) fail("socket");
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
    return socket;
}

std::uint16_t port_of(const Descriptor& socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("getsockname");
    return ntohs(address.sin_port);
}

/// Signals are for the program's own threads.
std::thread start_quiet_thread(auto run) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread{std::move(run)};
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

}  // namespace

Front::Front(std::string name, Catalog& catalog, const TlsContext& tls)
    : instance_{std::move(name), catalog, tls},
      reservation_{bind_port(0)},
      port_{port_of(reservation_)},
      wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (!wake_) fail("eventfd");
    acceptor_ = start_quiet_thread([this] { accept_loop(); });
}

Front::~Front() {
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
        retire_listener();
        for (auto& client : clients_) client->socket.terminate();
    }
    wake();
    acceptor_.join();
    for (auto& client : clients_) client->thread.join();
}

void Front::retire_listener() {
    if (!listener_) return;
    ::shutdown(listener_.get(), SHUT_RDWR);  // refuses at once, also what waits in its backlog
    retired_.push_back(std::move(listener_));
}

void Front::wake() noexcept {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
}

void Front::listen() {
    {
        const std::lock_guard lock{mutex_};
        if (listener_) return;
        auto listener = bind_port(port_);
        if (::listen(listener.get(), backlog) != 0) fail("listen");
        listener_ = std::move(listener);
    }
    wake();
}

void Front::stop_listening() {
    {
        const std::lock_guard lock{mutex_};
        retire_listener();
    }
    wake();
}

void Front::end_sessions() {
    std::unique_lock lock{mutex_};
    for (auto& client : clients_) {
        client->told_to_end = true;
        client->socket.terminate();
    }
    client_gone_.wait(lock, [this] {
        return std::none_of(clients_.begin(), clients_.end(),
                            [](const auto& client) { return client->told_to_end && !client->finished; });
    });
}

void Front::pause() {
    instance_.gate.pause();
    wake();
}

void Front::resume() {
    instance_.gate.resume();
    wake();
}

void Front::accept_loop() {
    while (true) {
        std::array<pollfd, 2> watched{{{wake_.get(), POLLIN, 0}, {-1, POLLIN, 0}}};
        {
            const std::lock_guard lock{mutex_};
            retired_.clear();
            if (ending_) return;
            if (!instance_.gate.is_paused()) watched[1].fd = listener_.get();
        }
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
        if (watched[0].revents != 0) {
            std::uint64_t count = 0;
            (void)!::read(wake_.get(), &count, sizeof count);
            reap();
        }
        if (watched[1].revents != 0) accept_clients();
    }
}

void Front::accept_clients() {
    const std::lock_guard lock{mutex_};
    while (listener_ && !ending_) {
        const int descriptor = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor < 0) return;
        ++instance_.counters.connections;
        auto& client = *clients_.emplace_back(std::make_unique<Client>(descriptor, instance_.gate));
        client.thread = start_quiet_thread([this, &client] { serve(client); });
    }
}

void Front::serve(Client& client) noexcept {
    try {
        Session{instance_, client.socket}.run();
    } catch (const std::exception&) {
        // The private PostgreSQL is gone: so is the client's instance.
    }
    client.socket.terminate();
    {
        const std::lock_guard lock{mutex_};
        client.finished = true;
        client_gone_.notify_all();
    }
    wake();
}

void Front::reap() {
    std::list<std::unique_ptr<Client>> gone;
    {
        const std::lock_guard lock{mutex_};
        for (auto client = clients_.begin(); client != clients_.end();) {
            const auto next = std::next(client);
            if ((*client)->finished) gone.splice(gone.end(), clients_, client);
            client = next;
        }
    }
    for (auto& client : gone) client->thread.join();
}

}  // namespace picoxx::devcluster
