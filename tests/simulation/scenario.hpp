#pragma once

#include "promises.hpp"
#include "sim_client.hpp"
#include "sim_cluster.hpp"
#include "sim_world.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace picoxx::simulation {

/// What came of one seed.
struct Report {
    std::optional<std::string> broken;  ///< The promise.
    std::uint64_t fingerprint = 0;
    std::uint64_t events = 0;
    std::size_t calls = 0;
    std::size_t succeeded = 0;
    std::size_t faults = 0;
    std::size_t most_connects = 0;  ///< In a second.
    std::map<Errc, std::size_t> outcomes{};
};

/// The life of one client, drawn from a seed: a cluster, callers of both faces, and faults, in several rounds. At the
/// end of each all is well again, and calls have to be served; in the last one the client is ended in the middle.
class Scenario {
public:
    static constexpr std::size_t fewest_calls = 200;
    static constexpr std::size_t fewest_faults = 20;
    using Listener = std::function<void(TimePoint, const std::string&)>;

    explicit Scenario(std::uint64_t seed, Listener listener = {});
    Scenario(const Scenario&) = delete;
    Scenario& operator=(const Scenario&) = delete;

    [[nodiscard]] Report run();

private:
    struct Plan;

    void make_cluster();
    [[nodiscard]] Settings settings();
    void round();
    void last_round();
    void run_until(const std::function<bool()>& done);
    void settled();

    // -- callers
    void start_callers(std::size_t calls);
    void caller(std::size_t left);
    void call(bool may_be_given_up, std::function<void()> ended);
    void probe();
    [[nodiscard]] Face any_face() noexcept;

    // -- faults
    void plan_faults();
    void fault();
    void fault_of_instance(Duration length);
    void fault_of_cluster(Duration length);
    void fault_of_client(Duration length);
    void restart_later(Instance& instance, Duration length);
    void heal();
    void leave_one_unwell();
    [[nodiscard]] bool leaves_accounts_alone();
    void change_password(Duration until_client_knows);

    World world_;
    Limits limits_;
    std::unique_ptr<Promises> promises_;
    std::unique_ptr<SimCluster> cluster_;
    std::unique_ptr<SimClient> client_;
    bool discovers_ = true;
    std::set<const Instance*> had_logins_refused_;
    std::string password_;  // the client's
    std::size_t passwords_ = 0;
    bool has_password_provider_ = false;
    std::uint64_t statements_ = 0;
    std::size_t callers_ = 0;
    std::size_t faults_ = 0;
    std::size_t faults_to_come_ = 0;
    std::size_t faults_under_way_ = 0;
    std::size_t members_ = 0;
    std::function<void()> mend_;  // what was left unwell
};

}  // namespace picoxx::simulation
