#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace picoxx::soak {

/// A development cluster in a process of its own, so that what this one holds is the client's.
class ClusterProcess {
public:
    struct Node {
        std::string name;
        std::string address;
    };
    struct Stats {
        std::string name;
        std::uint64_t sessions = 0;
        std::uint64_t logins = 0;
        std::uint64_t failed_logins = 0;
    };

    explicit ClusterProcess(unsigned nodes);
    ~ClusterProcess();
    ClusterProcess(const ClusterProcess&) = delete;
    ClusterProcess& operator=(const ClusterProcess&) = delete;

    [[nodiscard]] const std::vector<Node>& nodes() const noexcept { return nodes_; }
    /// One of the cluster's commands; what it refuses is of no interest here.
    void command(std::string_view line);
    [[nodiscard]] std::vector<Stats> stats();

private:
    [[nodiscard]] std::string ask(std::string_view line);
    [[nodiscard]] std::string read_line();

    pid_t process_ = -1;
    int to_ = -1;
    int from_ = -1;
    std::string buffer_;
    std::vector<Node> nodes_;
};

}  // namespace picoxx::soak
