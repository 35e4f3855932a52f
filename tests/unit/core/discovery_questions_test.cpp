// A source's questions end whatever becomes of their session, so that the object that asked them can go.
#include "fake_cluster.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <utility>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

/// Asks one question in each refresh, by an object that goes with the end of the question.
class OneQuestion final : public DiscoverySource {
public:
    std::function<void()> before_asking = [] {};
    std::atomic<int> asked = 0;
    std::atomic<int> open = 0;

    void refresh(DiscoveryContext& context) noexcept override {
        before_asking();
        ++asked;
        context.query("SELECT nodes", {}, *new Asking{*this, context});
    }

private:
    class Asking final : public ResponseSink {
    public:
        Asking(OneQuestion& source, DiscoveryContext& context) noexcept : source_{source}, context_{context} {
            ++source_.open;
        }
        void on_notice(const Notice&) noexcept override {}
        void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
        Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
        void on_result(std::unique_ptr<RowBlock>, const CommandTag&) noexcept override {
            end().publish(FakeCluster::topology({1}, 1));
        }
        void on_error(Error error) noexcept override { end().fail(std::move(error)); }

    private:
        DiscoveryContext& end() noexcept {
            const std::unique_ptr<Asking> self{this};
            --source_.open;
            return context_;
        }

        OneQuestion& source_;
        DiscoveryContext& context_;
    };
};

class DiscoveryQuestions : public ::testing::Test {
protected:
    void make(std::chrono::milliseconds timeout) {
        cluster.node(1).answer("SELECT nodes", testing::hanging(testing::done_answer("SELECT 0", 0)));
        Components parts = cluster.components();
        parts.discovery = source;
        client = std::make_unique<Client>(ClientOptions{.dsn = FakeCluster::dsn(), .discovery = {.timeout = timeout}},
                                          std::move(parts));
    }
    Errc refresh() {
        try {
            client->refresh_topology();
            return Errc::ok;
        } catch (const Exception& failure) {
            return failure.error().code;
        }
    }

    FakeCluster cluster{1};
    std::shared_ptr<OneQuestion> source = std::make_shared<OneQuestion>();
    std::unique_ptr<Client> client;
};

TEST_F(DiscoveryQuestions, one_that_the_session_refuses_ends_with_an_error) {
    make(10min);
    source->before_asking = [this] { cluster.node(1).lose_sessions(); };

    EXPECT_EQ(refresh(), Errc::connection_lost);

    EXPECT_EQ(source->asked, 1);
    EXPECT_EQ(source->open, 0);
}

TEST_F(DiscoveryQuestions, one_that_is_not_answered_in_time_ends_with_an_error) {
    make(50ms);

    EXPECT_EQ(refresh(), Errc::deadline_exceeded);

    EXPECT_EQ(source->asked, 1);
    EXPECT_EQ(source->open, 0);
}

TEST_F(DiscoveryQuestions, one_that_is_open_when_the_client_goes_ends_with_an_error) {
    make(10min);
    client->async_refresh_topology([](const std::exception_ptr&) {});
    while (source->open == 0) std::this_thread::yield();

    client.reset();

    EXPECT_EQ(source->open, 0);
}

}  // namespace
}  // namespace picoxx
