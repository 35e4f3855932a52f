// How long connections live, and passwords and certificates that change under them, on a development cluster. The
// decisions themselves are tested in fake time, in tests/unit/core.
#include "eventually.hpp"
#include "load.hpp"

#include <picoxx/picoxx.hpp>
#include <picoxx/testing/dev_cluster.hpp>
#include <picoxx/testing/error_in.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using testing::DevCluster;
using testing::DevClusterOptions;
using testing::error_in;
using ::testing::HasSubstr;
using ::testing::Not;

class ConnectionTimes : public ::testing::Test {
protected:
    // The cluster has this user, with this password, from now on.
    void set_password(const std::string& password) {
        if (!std::exchange(has_user_, true)) {
            cluster.create_user("app", password);
        } else {
            cluster.run_sql(R"(ALTER USER "app" WITH PASSWORD ')" + password + "' USING md5");
        }
    }
    void drop_sessions() {
        for (const auto& node : cluster.nodes()) cluster.drop_sessions(node.name);
    }
    [[nodiscard]] std::uint64_t logins() const {
        return sum([](const auto& seen) { return seen.logins; });
    }
    [[nodiscard]] std::uint64_t most_refused() const {
        std::uint64_t most = 0;
        for (const auto& node : cluster.nodes()) {
            most = std::max(most, cluster.counters(node.name).failed_logins);
        }
        return most;
    }
    // `user:password@` and each node, by number and by name.
    [[nodiscard]] std::string dsn(const std::string& password) const {
        std::string hosts;
        for (const auto& node : cluster.nodes()) {
            const std::string port = std::to_string(cluster.port(node.name));
            for (const char* host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"}) {
                hosts += (hosts.empty() ? "" : ",") + std::string{host} + ':' + port;
            }
        }
        return "postgresql://app:" + password + '@' + hosts;
    }
    [[nodiscard]] static std::size_t open(const BasicClient& client) {
        std::size_t open = 0;
        for (const NodeStatus& node : client.nodes()) open += node.idle + node.busy;
        return open;
    }
    DevCluster cluster{DevClusterOptions{3, 1}};

private:
    template <class Count>
    [[nodiscard]] std::uint64_t sum(Count count) const {
        std::uint64_t sum = 0;
        for (const auto& node : cluster.nodes()) sum += count(cluster.counters(node.name));
        return sum;
    }
    bool has_user_ = false;
};

TEST_F(ConnectionTimes, connections_are_replaced_when_their_time_is_over_and_no_call_notices) {
    Pool pool{{.dsn = cluster.dsn(), .max_size = 4, .max_lifetime = 1s}};
    pool.connect({.min_ready = 4});
    const std::uint64_t before = logins();

    EXPECT_EQ(load(pool, 3, 3s).failures(), 0U);

    EXPECT_GE(logins() - before, 4U);
    EXPECT_LE(logins() - before, 4U * 5U) << "each of four lives for three quarters of a second at least";
}

TEST_F(ConnectionTimes, a_pool_that_nobody_uses_shrinks_to_what_is_to_lie_ready) {
    Client client{{.dsn = cluster.dsn(), .min_idle = 2, .idle_time = 1s}};
    client.connect({.min_ready = 8});
    EXPECT_EQ(open(client), 8U);
    EXPECT_TRUE(eventually([&] { return open(client) == 2; }));
}

TEST_F(ConnectionTimes, what_is_to_lie_ready_is_made_again_without_a_call) {
    Pool pool{{.dsn = cluster.dsn(), .min_idle = 3}};
    pool.connect();
    EXPECT_TRUE(eventually([&] { return open(pool) == 3; }));
    const std::uint64_t before = logins();

    drop_sessions();

    EXPECT_TRUE(eventually([&] { return logins() - before == 3; }));
    EXPECT_TRUE(eventually([&] { return open(pool) == 3; }));
}

TEST_F(ConnectionTimes, renewing_replaces_every_connection_and_fails_no_call) {
    Client client{{.dsn = cluster.dsn(), .pool_size = 6}};
    client.connect({.min_ready = 6});
    const std::uint64_t before = logins();
    std::size_t failed = 0;
    std::thread caller{[&] { failed = load(client, 4, 1s).failures(); }};
    for (int i = 0; i < 5; ++i) {
        client.renew_connections();
        std::this_thread::yield();
    }
    caller.join();
    EXPECT_EQ(failed, 0U);
    EXPECT_GE(logins() - before, 3U);

    const std::uint64_t then = logins();
    client.renew_connections();
    EXPECT_EQ(open(client), 0U) << "nobody calls";
    client.fetch("SELECT 1");
    EXPECT_GT(logins(), then);
}

TEST_F(ConnectionTimes, a_certificate_file_is_read_again_for_each_connection) {
    for (const auto& node : cluster.nodes()) cluster.demand_tls(node.name);
    DevCluster stranger{DevClusterOptions{1, 1}};
    const std::string file = cluster.directory() + "/changing_root.crt";
    std::ofstream{file} << cluster.certificate();
    Pool pool{{.dsn = cluster.dsn() + "/?sslmode=verify-ca&sslrootcert=" + file}};
    pool.connect();

    std::ofstream{file} << stranger.certificate();
    EXPECT_NO_THROW(pool.fetch("SELECT 1")) << "the connection lives";
    pool.renew_connections();
    EXPECT_EQ(error_in([&] { pool.fetch("SELECT 1"); }).code, Errc::tls_failed);

    std::ofstream{file} << cluster.certificate();
    EXPECT_TRUE(eventually([&] { return !error_in([&] { pool.connect(); }); }));
}

// ----------------------------------------------------------------------------------------------------------- passwords

TEST_F(ConnectionTimes, an_old_password_is_tried_once_at_each_node_whatever_its_names_and_however_many_call) {
    set_password("0ldPassw0rd");
    // Without a router, whose login may come within the second that lets two at a time log in.
    Client client{
        {.dsn = dsn("0ldPassw0rd"), .pool_size = 12, .discovery = {.interval = 100ms}, .routing = Routing::off}};
    client.connect({.min_ready = 12});
    set_password("N3wPassw0rd");
    drop_sessions();

    EXPECT_GT(load(client, 6, 3s).failures(), 6U);
    EXPECT_EQ(error_in([&] { client.refresh_topology(); }).code, Errc::authentication_failed);
    EXPECT_EQ(error_in([&] { client.connect(); }).code, Errc::authentication_failed);

    EXPECT_LE(most_refused(), 1U);
}

// Without a router, for the same reason.
TEST_F(ConnectionTimes, a_new_password_is_taken_at_once) {
    set_password("0ldPassw0rd");
    std::mutex mutex;
    std::string password = "0ldPassw0rd";
    const auto provider = [&] {
        const std::lock_guard lock{mutex};
        return password;
    };
    for (const bool discovers : {true, false}) {
        Client client{{.dsn = dsn("never sent"),
                       .enable_discovery = discovers,
                       .connection = {.password_provider = provider},
                       .routing = Routing::off}};
        client.connect({.min_ready = 4});
        const std::string next = discovers ? "N3wPassw0rd" : "N3werPassw0rd";
        set_password(next);
        drop_sessions();
        EXPECT_TRUE(eventually(
            [&] { return error_in([&] { client.fetch("SELECT 1"); }).code == Errc::authentication_failed; }));
        {
            const std::lock_guard lock{mutex};
            password = next;
        }

        EXPECT_FALSE(error_in([&] { client.fetch("SELECT 1"); }));
        EXPECT_FALSE(error_in([&] { client.connect({.min_ready = 4}); }));
        EXPECT_LE(most_refused(), discovers ? 1U : 2U);
    }
}

TEST_F(ConnectionTimes, what_a_password_provider_throws_fails_the_connection_and_is_told) {
    Pool pool{{.dsn = cluster.dsn(), .connection = {.password_provider = []() -> std::string {
                                         throw std::runtime_error{"the vault is closed"};
                                     }}}};
    const Error error = error_in([&] { pool.connect(); });
    EXPECT_EQ(error.code, Errc::connect_failed);
    EXPECT_THAT(error.text, HasSubstr("password_provider failed: the vault is closed"));
    EXPECT_THAT(describe(error), Not(HasSubstr("T0psecret")));
    EXPECT_EQ(most_refused(), 0U);
}

}  // namespace
}  // namespace picoxx
