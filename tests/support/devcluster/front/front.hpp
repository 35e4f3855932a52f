#pragma once

#include "client_socket.hpp"
#include "descriptor.hpp"
#include "instance.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace picoxx::devcluster {

using testing::Descriptor;

/// One instance as the network sees it: a port on 127.0.0.1 and a thread per client.
/// The port is kept for its whole life, also while nothing listens on it.
/// Thread safety: all functions may be called from any thread.
class Front {
public:
    /// Reserves a port; does not listen yet. @throw std::system_error if there is none.
    Front(std::string name, Catalog& catalog, const TlsContext& tls);
    /// Ends all sessions.
    ~Front();
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] Instance& instance() noexcept { return instance_; }
    /// @pre before the first listen(), or after the instance was stopped.
    void set_uuid(std::string uuid) { instance_.uuid = std::move(uuid); }

    /// New clients are accepted from now on. @throw std::system_error
    void listen();
    /// New clients are refused from now on; sessions live on.
    void stop_listening();
    /// Every session's client sees the end of its connection. Returns when the sessions have ended.
    void end_sessions();
    void pause();
    void resume();

private:
    struct Client {
        Client(int descriptor, FaultGate& gate) : socket{descriptor, gate} {}
        ClientSocket socket;
        bool told_to_end = false;  ///< like what follows, guarded by mutex_
        bool finished = false;
        std::thread thread;
    };

    void accept_loop();
    void accept_clients();
    void serve(Client& client) noexcept;
    /// Joins the threads of the clients that are gone.
    void reap();
    void retire_listener();
    void wake() noexcept;

    Instance instance_;
    Descriptor reservation_;  ///< bound, never listening: keeps the port ours
    std::uint16_t port_ = 0;
    Descriptor wake_;

    std::mutex mutex_;  ///< guards what follows
    Descriptor listener_;
    std::vector<Descriptor> retired_;  ///< shut listeners; closed by the thread that polls them
    std::list<std::unique_ptr<Client>> clients_;
    std::condition_variable client_gone_;
    bool ending_ = false;

    std::thread acceptor_;
};

}  // namespace picoxx::devcluster
