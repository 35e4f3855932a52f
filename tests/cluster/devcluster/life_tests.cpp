#include "wire_client.hpp"

#include <picoxx/testing/dev_cluster.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace picoxx::testing {
namespace {

using namespace std::chrono_literals;

/// picoxx-devcluster in a process of its own, spoken to as a script would.
class Program {
public:
    explicit Program(const std::vector<std::string>& arguments) {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe"};
        std::vector<char*> words{const_cast<char*>(PICOXX_DEVCLUSTER)};
        for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
        words.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(in[0], STDIN_FILENO);
            ::dup2(out[1], STDOUT_FILENO);
            ::execv(words[0], words.data());
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        input_ = in[1];
        output_ = out[0];
    }
    ~Program() {
        close_input();
        ::close(output_);
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            (void)wait();
        }
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// One line of its output; empty if it ends or takes longer than a minute.
    std::string read_line() {
        while (true) {
            if (const auto end = text_.find('\n'); end != std::string::npos) {
                auto line = text_.substr(0, end);
                text_.erase(0, end + 1);
                return line;
            }
            pollfd watched{output_, POLLIN, 0};
            std::array<char, 4096> bytes{};
            if (::poll(&watched, 1, 60'000) <= 0) return {};
            const auto count = ::read(output_, bytes.data(), bytes.size());
            if (count <= 0) return {};
            text_.append(bytes.data(), static_cast<std::size_t>(count));
        }
    }
    std::string ask(const std::string& command) {
        const auto line = command + "\n";
        (void)!::write(input_, line.data(), line.size());
        return read_line();
    }
    void close_input() {
        if (input_ >= 0) ::close(input_);
        input_ = -1;
    }
    void signal(int number) const { ::kill(pid_, number); }
    /// Where its child works; empty as long as it has none.
    [[nodiscard]] std::string working_directory_of_child() const {
        std::ifstream children{"/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/children"};
        std::string child;
        children >> child;
        std::error_code error;
        const auto folder = std::filesystem::read_symlink("/proc/" + child + "/cwd", error);
        return error ? std::string{} : folder.string();
    }
    /// Its wait status when it has ended.
    int wait() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return status;
    }

private:
    pid_t pid_ = -1;
    int input_ = -1;
    int output_ = -1;
    std::string text_;
};

std::string between(const std::string& text, const std::string& before, const std::string& after) {
    const auto begin = text.find(before);
    if (begin == std::string::npos) return {};
    const auto start = begin + before.size();
    return text.substr(start, text.find(after, start) - start);
}

/// What of the cluster's PostgreSQL is left: its directory, or a process that works in it.
bool anything_left(const std::string& directory) {
    if (std::filesystem::exists(directory)) return true;
    std::error_code error;
    for (const auto& process : std::filesystem::directory_iterator{"/proc", error}) {
        const auto folder = std::filesystem::read_symlink(process.path() / "cwd", error);
        if (!error && folder.string().starts_with(directory)) return true;
    }
    return false;
}

// Some two seconds on an idle machine, which is told, not judged: others may use it, too.
TEST(Life, a_cluster_is_ready_when_it_is_made_and_tells_how_long_that_took) {
    const auto before = std::chrono::steady_clock::now();
    const DevCluster cluster{{3, 1}};
    const auto took = std::chrono::steady_clock::now() - before;
    for (const auto& node : cluster.nodes()) EXPECT_TRUE(WireClient{cluster.port(node.name)}.is_connected());
    RecordProperty("milliseconds", std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
}

TEST(Life, nothing_of_a_cluster_is_left_behind) {
    std::string directory;
    std::uint16_t port = 0;
    std::optional<WireClient> session;
    {
        DevCluster cluster{{1, 1}};
        directory = cluster.directory();
        port = cluster.port("i1");
        session.emplace(port);
        ASSERT_TRUE(anything_left(directory));
    }
    EXPECT_FALSE(anything_left(directory));
    EXPECT_TRUE(session->is_ended_by_server());
    EXPECT_EQ(reach(port, 100ms), Reach::refused);
}

TEST(Life, a_cluster_can_follow_another_in_one_process_and_two_can_live_side_by_side) {
    DevCluster one{{1, 1}};
    DevCluster two{{1, 1}};
    ASSERT_NE(one.dsn(), two.dsn());

    one.run_sql("CREATE TABLE only_in_one (id INT PRIMARY KEY)");

    EXPECT_NO_THROW(one.run_sql("SELECT * FROM only_in_one"));
    EXPECT_THROW(two.run_sql("SELECT * FROM only_in_one"), std::runtime_error);
}

TEST(Life, a_cluster_without_nodes_is_refused) { EXPECT_THROW(DevCluster({0, 1}), std::runtime_error); }

TEST(ProgramLife, it_says_where_it_is_answers_commands_and_ends_with_its_input) {
    Program program{{"--nodes", "2"}};
    const auto ready = program.read_line();
    const auto dsn = between(ready, "{\"dsn\": \"", "\"");
    ASSERT_TRUE(dsn.starts_with("postgresql://admin:T0psecret@127.0.0.1:")) << ready;
    EXPECT_EQ(ready, "{\"dsn\": \"" + dsn + "\", \"nodes\": [{\"name\": \"i1\", \"address\": \"" +
                         dsn.substr(dsn.find('@') + 1) + "\"}, {\"name\": \"i2\", \"address\": \"" +
                         between(ready, "\"i2\", \"address\": \"", "\"") + "\"}]}");

    EXPECT_EQ(program.ask("kill i2"), "{\"ok\": true}");
    EXPECT_EQ(program.ask("kill i2"), "{\"ok\": false, \"error\": \"i2 is down\"}");
    EXPECT_EQ(program.ask("start i2"), "{\"ok\": true}");
    EXPECT_EQ(program.ask("nonsense"), "{\"ok\": false, \"error\": \"unknown command nonsense, try help\"}");
    EXPECT_EQ(program.ask("slow i1 soon"), "{\"ok\": false, \"error\": \"MILLISECONDS is not a number: soon\"}");
    EXPECT_TRUE(
        program.ask("add").starts_with("{\"ok\": true, \"node\": {\"name\": \"i3\", \"address\": \"127.0.0.1:"));
    EXPECT_EQ(program.ask("sql SELECT 1 AS \"one\""),
              "{\"ok\": true, \"tag\": \"SELECT 1\", \"columns\": [\"one\"], \"rows\": [[\"1\"]]}");
    EXPECT_TRUE(program.ask("stats").starts_with("{\"ok\": true, \"nodes\": [{\"name\": \"i1\", \"connections\": "));
    EXPECT_NE(program.ask("help").find("\"kill NODE: "), std::string::npos);

    const auto directory = between(program.ask("directory"), "\"directory\": \"", "\"");
    ASSERT_TRUE(anything_left(directory));
    program.close_input();
    EXPECT_EQ(program.wait(), 0);
    EXPECT_FALSE(anything_left(directory));
}

TEST(ProgramLife, it_takes_orders_to_fail) {
    Program program{{"--nodes", "4", "--replication-factor", "2"}};
    const auto ready = program.read_line();
    const auto port = std::stoul(between(ready, "\"i1\", \"address\": \"127.0.0.1:", "\""));
    WireClient session{static_cast<std::uint16_t>(port)};
    const std::string ok = "{\"ok\": true}";
    ASSERT_TRUE(session.run("CREATE TABLE t (id INT PRIMARY KEY, n INT) DISTRIBUTED BY (id)").ok());
    ASSERT_TRUE(session.run("INSERT INTO t VALUES (0, 0), (1, 0)").ok());

    EXPECT_EQ(program.ask("fail_next i1 applied=1 sqlstate=57000 times=1 containing=UPDATE stage=execute form=verbatim "
                          "no = such luck"),
              ok);
    const auto failed = session.run("UPDATE t SET n = n + 1");
    EXPECT_EQ(failed.sqlstate, "57000");
    EXPECT_EQ(failed.error, "no = such luck");
    EXPECT_EQ(session.run("SELECT n FROM t WHERE n = 1").tag, "SELECT 1") << "half applied";
    EXPECT_EQ(program.ask("fail_next i1"), "{\"ok\": false, \"error\": \"missing: TEXT\"}");
    EXPECT_EQ(program.ask("fail_next i1 form=round x"),
              "{\"ok\": false, \"error\": \"form is verbatim, placed, storage or replicaset, not round\"}");

    ASSERT_TRUE(session.prepare("s", "UPDATE t SET n = 5").ok());
    EXPECT_EQ(program.ask("stale_statements i1 form=verbatim applied=all"), ok);
    EXPECT_EQ(session.execute("s").error, "sbroad: storage schema version different from router");
    EXPECT_EQ(session.run("SELECT n FROM t WHERE n = 5").tag, "SELECT 2");
    EXPECT_EQ(program.ask("forget_failures i1"), ok);

    EXPECT_EQ(program.ask("switch_master i2 unheard"), ok);
    EXPECT_NE(session.run("UPDATE t SET n = 6 WHERE id = 0").error.find("Readonly: "), std::string::npos);
    EXPECT_EQ(program.ask("learn_masters i1"), ok);
    EXPECT_TRUE(session.run("UPDATE t SET n = 6 WHERE id = 0").ok());
    EXPECT_EQ(program.ask("switch_master i1"), ok);
    EXPECT_EQ(program.ask("switch_master i2 loudly"),
              "{\"ok\": false, \"error\": \"neither unheard nor nothing: loudly\"}");
}

class ProgramSignals : public ::testing::TestWithParam<int> {};

TEST_P(ProgramSignals, a_signal_ends_it_and_all_it_started) {
    Program program{{"--nodes", "1"}};
    ASSERT_FALSE(program.read_line().empty());
    const auto directory = between(program.ask("directory"), "\"directory\": \"", "\"");
    ASSERT_TRUE(anything_left(directory));

    program.signal(GetParam());

    const auto status = program.wait();
    if (GetParam() == SIGKILL)
        EXPECT_TRUE(WIFSIGNALED(status));
    else
        EXPECT_EQ(status, 0);
    EXPECT_TRUE(eventually([&] { return !anything_left(directory); })) << directory;
}

INSTANTIATE_TEST_SUITE_P(Signals, ProgramSignals, ::testing::Values(SIGTERM, SIGINT, SIGKILL));

TEST(ProgramLife, killed_while_it_starts_it_leaves_nothing_either) {
    Program program{{"--nodes", "1"}};
    std::string directory;
    ASSERT_TRUE(eventually([&] {
        directory = program.working_directory_of_child();
        return directory.starts_with("/tmp/picoxx-");
    })) << directory;

    program.signal(SIGKILL);

    EXPECT_TRUE(WIFSIGNALED(program.wait()));
    EXPECT_TRUE(eventually([&] { return !anything_left(directory); })) << directory;
}

TEST(ProgramLife, wrong_arguments_are_explained) {
    Program program{{"--nodes", "none"}};
    EXPECT_EQ(WEXITSTATUS(program.wait()), 2);
}

}  // namespace
}  // namespace picoxx::testing
