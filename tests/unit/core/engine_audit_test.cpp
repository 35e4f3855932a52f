// What the engine keeps up to date is what it would be if it were made anew, whatever happens in whatever order.
#include "engine_audit.hpp"

#include "fake_cluster.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {

// ctest calls a test by its parameter, where that can be printed.
void PrintTo(const EngineLimits& limits, std::ostream* out) {
    *out << limits.max_size << "_connections_" << limits.max_per_node << "_a_node";
}

namespace {

using namespace std::chrono_literals;

class RandomStrategy final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept override {
        return context.random % 16 == 0 ? npos : context.random % candidates.size();
    }
};

struct Waiting final : Waker {
    Waiting() { request.waker = this; }
    void wake() noexcept override {}
    AcquireRequest request;
};

/// Everything that may happen to an engine, in any order that its contract allows.
class Events {
public:
    Events(std::uint32_t seed, EngineLimits limits)
        : random_{seed},
          engine_{limits,
                  Balancer{std::make_shared<RandomStrategy>()},
                  {FakeCluster::endpoint(1), FakeCluster::endpoint(2), FakeCluster::endpoint(9)},
                  seed} {}

    Engine& engine() noexcept { return engine_; }

    /// @return what was done
    std::string next() {
        struct Event {
            const char* name;
            std::size_t share;
            void (Events::*run)();
        };
        static constexpr Event events[]{
            {"acquire", 30, &Events::acquire},
            {"acquire ahead", 2, &Events::acquire_ahead},
            {"wait beside a dial", 6, &Events::wait_beside_dial},
            {"withdraw", 4, &Events::withdraw},
            {"reconsider", 4, &Events::reconsider},
            {"a dial succeeds", 14, &Events::succeed},
            {"a dial is delivered", 3, &Events::deliver},
            {"a dial fails", 6, &Events::fail},
            {"a dial is cancelled", 3, &Events::cancel},
            {"a dial is left", 3, &Events::leave},
            {"a statement is counted", 4, &Events::count},
            {"release", 24, &Events::release},
            {"discard", 5, &Events::discard},
            {"abandon", 4, &Events::abandon},
            {"a statement runs out of time", 6, &Events::time_out},
            {"a place is given up", 2, &Events::give_place_up},
            {"readmit", 3, &Events::readmit},
            {"a drain fails", 2, &Events::fail_to_drain},
            {"a connection is identified", 4, &Events::identify},
            {"a look at idle connections", 2, &Events::look},
            {"a topology", 2, &Events::apply},
            {"discovery dials", 2, &Events::discover},
            {"time passes", 10, &Events::wait},
        };
        std::size_t all = 0;
        for (const Event& event : events) all += event.share;
        std::size_t drawn = draw(all);
        const Event* event = events;
        while (drawn >= event->share) drawn -= (event++)->share;
        (this->*event->run)();
        take_grants();
        take_dials();
        take_unidentified();
        static_cast<void>(engine_.take_garbage());
        return event->name;
    }

    /// Everything comes to its end.
    void close() {
        engine_.close();
        take_grants();
        take_dials();
        while (!dials_.empty()) cancel();
        while (!leased_.empty()) release();
        take_unidentified();
        while (!unidentified_.empty()) identify();
        while (!draining_.empty()) fail_to_drain();
    }

private:
    struct Left {
        std::unique_ptr<Connection> connection;
        bool has_place = true;
    };
    struct Dial {
        PoolNode* node;
        bool left = false;
    };

    std::size_t draw(std::size_t below) { return random_() % below; }
    bool one_in(std::size_t many) { return draw(many) == 0; }

    template <class T>
    T taken(std::vector<T>& from) {
        std::swap(from[draw(from.size())], from.back());
        T one = std::move(from.back());
        from.pop_back();
        return one;
    }

    void use(Acquisition acquisition) {
        if (acquisition.kind == Acquisition::Kind::use) leased_.push_back(std::move(acquisition.connection));
        if (acquisition.kind == Acquisition::Kind::dial) dials_.push_back({acquisition.node});
    }

    void take_dials() {
        for (PoolNode* node : engine_.take_dials()) dials_.push_back({node});
    }

    void take_unidentified() {
        ConnectionChain taken = engine_.take_unidentified();
        while (!taken.empty()) unidentified_.push_back(taken.take());
    }

    void take_grants() {
        for (auto& caller : waiting_) {
            if (!caller->request.queued) use(std::move(std::exchange(caller, nullptr)->request.grant));
        }
        std::erase(waiting_, nullptr);
    }

    std::unique_ptr<Connection> connection(PoolNode& node) {
        auto made = std::make_unique<Connection>(node, nullptr, "", 1);
        made->used(now_);
        made->lives_until(no_deadline, node.generation);
        return made;
    }

    Error error() {
        return make_error(one_in(8) ? Errc::authentication_failed : Errc::connect_failed, "does not answer");
    }

    void acquire() {
        auto caller = std::make_unique<Waiting>();
        if (one_in(2)) caller->request.face = Face::asynchronous;
        if (one_in(2)) caller->request.owner = replicaset_key("rs-" + std::to_string(1 + draw(4)));
        Acquisition acquisition = engine_.acquire(caller->request, now_);
        if (acquisition.kind == Acquisition::Kind::wait) {
            waiting_.push_back(std::move(caller));
        } else {
            use(std::move(acquisition));
        }
    }
    void acquire_ahead() {
        const auto ahead = one_in(2) ? Engine::Ahead::as_wished : Engine::Ahead::anywhere;
        use(engine_.acquire_ahead(ahead, now_, now_));
        if (one_in(2)) static_cast<void>(engine_.open_ahead(ahead, now_));
    }
    void wait_beside_dial() {
        auto caller = std::make_unique<Waiting>();
        if (engine_.wait_beside_dial(caller->request)) waiting_.push_back(std::move(caller));
    }
    void withdraw() {
        if (!waiting_.empty()) engine_.withdraw(taken(waiting_)->request);
    }
    void reconsider() { engine_.reconsider(now_); }

    Dial ended_dial() {
        Dial dial = taken(dials_);
        if (dial.left) engine_.dial_attended(*dial.node);
        return dial;
    }
    void succeed() {
        if (dials_.empty()) return;
        PoolNode& node = *ended_dial().node;
        engine_.dial_succeeded(node, now_);
        leased_.push_back(connection(node));
    }
    void deliver() {
        if (dials_.empty()) return;
        engine_.dial_delivered(connection(*ended_dial().node), now_);
    }
    void fail() {
        if (!dials_.empty()) engine_.dial_failed(*ended_dial().node, error(), now_);
    }
    void cancel() {
        if (!dials_.empty()) engine_.dial_cancelled(*ended_dial().node, now_);
    }
    void leave() {
        if (dials_.empty()) return;
        Dial& dial = dials_[draw(dials_.size())];
        if (!std::exchange(dial.left, true)) engine_.dial_left(*dial.node);
    }

    void count() {
        if (leased_.empty()) return;
        auto one = taken(leased_);
        one->used(now_);
        engine_.count_statement(one->node(), std::chrono::microseconds{draw(1'000)});
        engine_.release(std::move(one), now_);
    }
    void release() {
        if (leased_.empty()) return;
        auto one = taken(leased_);
        one->used(now_);
        engine_.release(std::move(one), now_);
    }
    void discard() {
        if (!leased_.empty()) engine_.discard(taken(leased_), one_in(2) ? error() : Error{}, now_);
    }
    void abandon() {
        if (leased_.empty()) return;
        if (auto left = engine_.abandon(taken(leased_), now_)) draining_.push_back({std::move(left)});
    }
    void time_out() {
        if (leased_.empty()) return;
        PoolNode& node = leased_.front()->node();
        for (auto& one : engine_.statement_timed_out(node, error(), now_ - 50ms, now_))
            draining_.push_back({std::move(one)});
    }
    void give_place_up() {
        if (draining_.empty()) return;
        Left& left = draining_[draw(draining_.size())];
        if (left.has_place) left.has_place = !engine_.give_place_up(*left.connection, now_);
    }
    void readmit() {
        if (draining_.empty()) return;
        Left left = taken(draining_);
        engine_.readmit(std::move(left.connection), left.has_place, now_);
    }
    void fail_to_drain() {
        if (draining_.empty()) return;
        Left left = taken(draining_);
        engine_.drain_failed(std::move(left.connection), left.has_place);
    }
    void identify() {
        if (unidentified_.empty()) return;
        auto one = taken(unidentified_);
        if (one_in(4)) return engine_.identification_failed(std::move(one));
        const std::string id = one_in(3) ? "" : "uuid-" + std::to_string(1 + draw(7));
        engine_.identified(std::move(one), id, now_);
    }
    void look() {
        for (auto& one : engine_.take_idle(now_ - 100ms)) leased_.push_back(std::move(one));
    }

    void apply() {
        Topology topology;
        for (std::size_t number = 1; number <= 6; ++number) {
            if (one_in(3)) continue;
            Node node = FakeCluster::node_info(number);
            if (one_in(4)) node.endpoint = FakeCluster::endpoint(1 + draw(6));
            if (one_in(8)) node.availability = Availability::draining;
            node.incarnation = draw(2);
            node.replicaset = "rs-" + std::to_string(1 + draw(3));
            node.role = static_cast<NodeRole>(draw(3));
            node.tier = one_in(2) ? "default" : "a tier with a name that is stored elsewhere";
            topology.nodes.push_back(std::move(node));
        }
        if (one_in(2)) topology.answered_by = "uuid-" + std::to_string(1 + draw(6));
        engine_.apply(topology, FakeCluster::endpoint(one_in(2) ? 9 : 1), now_);
    }
    void discover() {
        Waiting nobody;
        const Endpoint endpoint = FakeCluster::endpoint(1 + draw(6));
        const auto answer = engine_.begin_discovery_dial(endpoint, nobody, now_);
        engine_.withdraw(nobody);
        if (answer != Engine::DialPermission::granted) return;
        acquire();
        engine_.end_discovery_dial(endpoint, one_in(4) ? error() : Error{}, now_);
    }
    void wait() { now_ += one_in(20) ? 40s : std::chrono::milliseconds{draw(60)}; }

    std::mt19937 random_;
    TimePoint now_ = TimePoint{} + 1h;
    Engine engine_;
    std::vector<std::unique_ptr<Waiting>> waiting_;
    std::vector<Dial> dials_;
    std::vector<std::unique_ptr<Connection>> leased_;
    std::vector<Left> draining_;
    std::vector<std::unique_ptr<Connection>> unidentified_;
};

class EngineAuditTest : public ::testing::TestWithParam<EngineLimits> {};

TEST_P(EngineAuditTest, what_is_kept_is_what_follows_from_the_nodes_after_every_event) {
    std::size_t changed_in_place = 0;
    for (std::uint32_t seed = 1; seed <= 8; ++seed) {
        Events events{seed, GetParam()};
        for (int step = 0; step < 4'000; ++step) {
            const std::string event = events.next();
            if (EngineAudit::is_up_to_date(events.engine())) ++changed_in_place;
            EngineAudit::bring_up_to_date(events.engine());
            ASSERT_EQ(EngineAudit::difference(events.engine()), "")
                << "seed " << seed << ", step " << step << ": " << event;
        }
        events.close();
        EXPECT_EQ(events.engine().open(), 0U);
        EXPECT_EQ(events.engine().draining() + events.engine().left_behind(), 0U);
        EXPECT_EQ(events.engine().waiting(), 0U);
    }
    EXPECT_GT(changed_in_place, 8U * 4'000 / 2) << "or nothing was found out about changes in place";
}

INSTANTIATE_TEST_SUITE_P(
    limits, EngineAuditTest,
    ::testing::Values(EngineLimits{.max_size = 1, .max_per_node = 1, .max_waiters = 3, .max_draining = 1},
                      EngineLimits{.max_size = 5, .max_per_node = 2, .max_waiters = 6, .max_draining = 2},
                      EngineLimits{.max_size = 12, .max_per_node = 12, .max_waiters = 6, .max_draining = 3},
                      EngineLimits{.max_size = 40, .max_per_node = 6, .max_waiters = 6, .max_draining = 3}),
    [](const auto& test) { return ::testing::PrintToString(test.param); });

}  // namespace
}  // namespace picoxx
