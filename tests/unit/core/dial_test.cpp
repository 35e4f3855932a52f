// Connections made by hand, over fake nodes.
#include "session/dial.hpp"

#include "fake_cluster.hpp"
#include "settings/settings.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

class DialTest : public ::testing::Test {
protected:
    [[nodiscard]] Dial to(std::size_t number) const {
        return {settings, FakeCluster::endpoint(number), no_deadline, no_deadline};
    }
    // @return whether it came to its end
    static bool drive(Dial& dial, Wakeup wakeup) {
        Await await = dial.resume(wakeup, TimePoint{});
        for (int steps = 0; await.hears_io() && steps < 10; ++steps) {
            await = dial.resume(Wakeup{Wakeup::Kind::ready, await.session->interest()}, TimePoint{});
        }
        return await.kind == Await::Kind::finished;
    }
    [[nodiscard]] static Error refusal() {
        Error error = make_error(Errc::connect_failed, "the node refused the connection");
        error.server_text = R"(unrecognized configuration parameter "pico_stmt_invalidation")";
        return error;
    }

    FakeCluster cluster{2};
    Settings settings = *make_settings(Options{.dsn = FakeCluster::dsn()}, cluster.components());
};

TEST_F(DialTest, wished_options_that_another_dial_found_refused_are_to_blame_where_they_were_sent) {
    cluster.node(1).hang_logins();
    cluster.node(2).hang_logins();
    Dial first = to(1);
    Dial second = to(2);
    ASSERT_FALSE(drive(first, {}));
    ASSERT_FALSE(drive(second, {}));

    for (std::size_t i = 1; i <= 2; ++i) {
        cluster.node(i).refuse(refusal());
        Dial& dial = i == 1 ? first : second;
        ASSERT_EQ(dial.resume(Wakeup{Wakeup::Kind::ready, Interest::read}, TimePoint{}).kind, Await::Kind::io);
        cluster.node(i).accept();
        EXPECT_TRUE(drive(dial, Wakeup{Wakeup::Kind::ready, Interest::both}));
        EXPECT_TRUE(dial.take().ok()) << i;
    }

    std::vector<std::string> sent;
    for (const ConnectOptions& opened : cluster.transport().opened()) sent.push_back(opened.wished_server_options);
    const std::string wish = "pico_stmt_invalidation=true";
    EXPECT_EQ(sent, (std::vector<std::string>{wish, wish, "", ""}));
}

}  // namespace
}  // namespace picoxx
