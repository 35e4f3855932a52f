// Names that many ask for at once: how often the system is asked, on how many threads, and who hears what.
#include "io/name_resolver.hpp"

#include "io/resolver.hpp"
#include "process_state.hpp"
#include "slow_names.hpp"

#include <picoxx/testing/allocation_counter.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

class NameResolverTest : public ::testing::Test {
protected:
    // A sanitizer has a thread of its own once there is a second one.
    static void SetUpTestSuite() {
        std::thread{[] {}}.join();
    }
    ~NameResolverTest() override { names->answer_all(); }

    [[nodiscard]] NameResolver::Options options() const {
        return {.resolve = [names = names](const std::string& host) { return names->resolve(host); }};
    }
    void use(NameResolver::Options options) { resolver = std::make_shared<NameResolver>(std::move(options)); }
    void use_threads(std::size_t count) {
        auto with = options();
        with.max_threads = count;
        use(std::move(with));
    }

    [[nodiscard]] std::unique_ptr<Asker> ask(const std::string& host) {
        return std::make_unique<Asker>(
            [&](const std::string& name, std::function<void()> answered) {
                return resolver->ask(name, std::move(answered));
            },
            host);
    }
    /// One that the system is being asked for.
    [[nodiscard]] std::unique_ptr<Asker> ask_and_hang(const std::string& host) {
        const std::size_t before = names->asked(0).size();
        auto asker = ask(host);
        EXPECT_EQ(names->asked(before + 1).back(), host);
        return asker;
    }

    const std::shared_ptr<SlowNames> names = std::make_shared<SlowNames>();
    std::shared_ptr<NameResolver> resolver = std::make_shared<NameResolver>(options());
};

// ---- one question for all

TEST_F(NameResolverTest, two_hundred_who_ask_for_one_name_share_one_question_and_one_thread) {
    const std::size_t threads = threads_of_process();
    std::vector<std::unique_ptr<Asker>> askers;
    askers.push_back(ask_and_hang("a"));
    while (askers.size() < 200) askers.push_back(ask("a"));
    EXPECT_LE(threads_of_process(), threads + 1);

    names->answer_all();

    for (const auto& asker : askers) EXPECT_EQ(asker->hears(), address_of("a"));
    EXPECT_EQ(names->asked(1), Names{"a"});
}

TEST_F(NameResolverTest, those_who_ask_for_a_queued_name_share_it_too) {
    use_threads(1);
    const auto first = ask_and_hang("a");
    const auto second = ask("b");
    const auto third = ask("b");

    names->answer_all();

    EXPECT_EQ(second->hears(), address_of("b"));
    EXPECT_EQ(third->hears(), address_of("b"));
    EXPECT_EQ(names->asked(2), (Names{"a", "b"}));
}

TEST_F(NameResolverTest, a_failure_reaches_all) {
    names->answer_with("a", [] { return NameAnswer{{}, "Name or service not known"}; });
    const auto first = ask_and_hang("a");
    const auto second = ask("a");

    names->answer("a");

    EXPECT_EQ(first->hears(), "Name or service not known");
    EXPECT_EQ(second->hears(), "Name or service not known");
}

TEST_F(NameResolverTest, who_asks_after_the_answer_asks_anew) {
    names->answer("a");
    EXPECT_EQ(ask("a")->hears(), address_of("a"));
    names->answer_with("a", [] { return NameAnswer{{"another"}, {}}; });
    names->answer("a");

    EXPECT_EQ(ask("a")->hears(), "another");
    EXPECT_EQ(names->asked(2), (Names{"a", "a"}));
}

TEST_F(NameResolverTest, who_abandoned_hears_nothing_and_the_others_do) {
    const auto first = ask_and_hang("a");
    const auto second = ask("a");
    first->abandon();
    first->abandon();

    names->answer("a");

    EXPECT_EQ(second->hears(), address_of("a"));
    EXPECT_FALSE(first->has_heard());
}

TEST_F(NameResolverTest, who_comes_while_an_abandoned_question_is_under_way_joins_it) {
    ask_and_hang("a")->abandon();
    const auto second = ask("a");

    names->answer("a");

    EXPECT_EQ(second->hears(), address_of("a"));
    EXPECT_EQ(names->asked(1), Names{"a"});
}

TEST_F(NameResolverTest, a_resolver_that_nobody_else_keeps_answers_all_the_same) {
    const auto first = ask_and_hang("a");
    resolver.reset();

    names->answer("a");

    EXPECT_EQ(first->hears(), address_of("a"));
}

// ---- the bound

TEST_F(NameResolverTest, of_a_hundred_names_sixteen_are_asked_for_at_a_time_and_the_others_in_order) {
    constexpr std::size_t bound = 16;
    const std::size_t threads = threads_of_process();
    Names hosts;
    std::vector<std::unique_ptr<Asker>> askers;
    for (int i = 0; i < 100; ++i) {
        hosts.push_back("host " + std::to_string(i));
        askers.push_back(ask(hosts.back()));
    }
    Names asked = names->asked(bound);
    EXPECT_LE(threads_of_process(), threads + bound);
    for (std::size_t i = 0; i + bound < hosts.size(); ++i) {
        names->answer(asked[i]);
        asked = names->asked(bound + i + 1);
        ASSERT_EQ(asked.size(), bound + i + 1);
        ASSERT_EQ(asked.back(), hosts[bound + i]);
    }
    EXPECT_EQ(names->most_at_once(), bound);

    names->answer_all();

    for (std::size_t i = 0; i < hosts.size(); ++i) EXPECT_EQ(askers[i]->hears(), address_of(hosts[i]));
    std::sort(asked.begin(), asked.begin() + bound);
    std::sort(hosts.begin(), hosts.begin() + bound);
    EXPECT_EQ(asked, hosts);
}

TEST_F(NameResolverTest, a_queued_name_that_nobody_waits_for_any_more_is_never_asked_for) {
    use_threads(1);
    const auto first = ask_and_hang("a");
    const auto second = ask("b");
    const auto third = ask("b");
    const auto fourth = ask("c");
    const auto fifth = ask("c");
    second->abandon();
    third->abandon();
    fourth->abandon();
    const auto last = ask("d");

    names->answer_all();

    EXPECT_EQ(last->hears(), address_of("d"));
    EXPECT_EQ(fifth->hears(), address_of("c")) << "one of the two who asked for it waits";
    EXPECT_EQ(names->asked(3), (Names{"a", "c", "d"}));
}

TEST_F(NameResolverTest, who_asks_again_for_a_name_that_was_dropped_goes_to_the_end_of_the_queue) {
    use_threads(1);
    const auto first = ask_and_hang("a");
    ask("b")->abandon();
    const auto second = ask("c");
    const auto third = ask("b");

    names->answer_all();

    EXPECT_EQ(third->hears(), address_of("b"));
    EXPECT_EQ(names->asked(3), (Names{"a", "c", "b"}));
}

TEST_F(NameResolverTest, its_threads_end_when_nothing_is_left_to_ask_for) {
    const std::size_t threads = threads_of_process();
    std::vector<std::unique_ptr<Asker>> askers;
    for (int i = 0; i < 40; ++i) askers.push_back(ask(std::to_string(i)));

    names->answer_all();

    for (const auto& asker : askers) EXPECT_NE(asker->hears(), "nothing");
    const auto end = std::chrono::steady_clock::now() + patience;
    while (threads_of_process() > threads && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_LE(threads_of_process(), threads);
}

// ---- one that hangs

TEST_F(NameResolverTest, a_question_that_hangs_is_asked_once_more_after_30_s_and_then_after_twice_as_long_each_time) {
    TimePoint now{};
    auto with = options();
    std::mutex clock;
    with.now = [&] {
        const std::lock_guard lock{clock};
        return now;
    };
    use(std::move(with));
    const auto pass = [&](Duration time) {
        const std::lock_guard lock{clock};
        now += time;
    };
    const auto first = ask_and_hang("a");
    pass(30s - 1ns);
    const auto second = ask("a");
    EXPECT_EQ(names->asked(1).size(), 1U);
    pass(1ns);
    const auto third = ask_and_hang("a");
    pass(60s - 1ns);
    const auto fourth = ask("a");
    EXPECT_EQ(names->asked(2).size(), 2U);
    pass(1ns);
    const auto fifth = ask_and_hang("a");

    names->answer_all();

    for (const auto* asker : {&first, &second, &third, &fourth, &fifth}) {
        EXPECT_EQ((*asker)->hears(), address_of("a"));
    }
    EXPECT_EQ(names->asked(3).size(), 3U);
}

TEST_F(NameResolverTest, an_answer_that_comes_after_a_second_question_was_begun_is_not_the_end_of_that_one) {
    auto with = options();
    with.shared_for = Duration::zero();
    use(std::move(with));
    const auto first = ask_and_hang("a");
    const auto second = ask_and_hang("a");
    names->answer("a");  // one of the two
    while (!first->has_heard() && !second->has_heard()) std::this_thread::yield();
    EXPECT_FALSE(first->has_heard() && second->has_heard());

    names->answer("a");

    EXPECT_EQ(first->hears(), address_of("a"));
    EXPECT_EQ(second->hears(), address_of("a"));
}

// ---- no memory, no threads

TEST_F(NameResolverTest, a_resolver_without_memory_is_a_failure_that_reaches_all) {
    names->answer_with("a", []() -> NameAnswer { throw std::bad_alloc{}; });
    const auto first = ask_and_hang("a");
    const auto second = ask("a");

    names->answer("a");

    EXPECT_EQ(first->hears(), "out of memory");
    EXPECT_EQ(second->hears(), "out of memory");
}

TEST_F(NameResolverTest, where_there_is_no_memory_for_ones_copy_of_the_answer_the_others_have_theirs) {
    names->answer_with("a", [] {
        thread_local std::optional<testing::FailingAllocation> failing;
        NameAnswer answer{{"an address that needs memory of its own"}, {}};
        failing.emplace(0);
        return answer;
    });
    const auto first = ask_and_hang("a");
    const auto second = ask("a");

    names->answer("a");

    EXPECT_EQ(first->hears(), "out of memory");
    EXPECT_EQ(second->hears(), "an address that needs memory of its own");
}

TEST_F(NameResolverTest, who_asks_without_memory_hears_so_and_leaves_nothing_behind) {
    bool happened = true;
    for (std::size_t nth = 0; happened; ++nth) {
        use(options());  // without a thread that would find what was left
        const std::string host = "a name that needs memory of its own " + std::to_string(nth);
        names->answer(host);
        std::shared_ptr<NameLookup> lookup;
        std::promise<void> answered;
        std::function<void()> signal = [&] { answered.set_value(); };
        {
            const testing::FailingAllocation failing{nth};
            try {
                lookup = resolver->ask(host, std::move(signal));
            } catch (const std::bad_alloc&) {  // there is nothing yet to say so with
            }
            happened = failing.happened();
        }
        if (lookup != nullptr) {
            ASSERT_EQ(answered.get_future().wait_for(patience), std::future_status::ready) << nth;
            ResolveRequest request;
            ASSERT_TRUE(lookup->take(request));
            EXPECT_EQ(request.failure, happened ? "out of memory" : "") << nth;
        } else {
            EXPECT_EQ(nth, 0U);
        }
        names->answer(host);
        EXPECT_EQ(ask(host)->hears(), address_of(host)) << nth;
    }
}

TEST_F(NameResolverTest, where_no_thread_can_be_started_who_asks_hears_so) {
    pthread_attr_t usual{};
    ASSERT_EQ(::pthread_getattr_default_np(&usual), 0);
    pthread_attr_t impossible{};
    ASSERT_EQ(::pthread_attr_init(&impossible), 0);
    ASSERT_EQ(::pthread_attr_setstacksize(&impossible, std::size_t{1} << 50U), 0);
    ASSERT_EQ(::pthread_setattr_default_np(&impossible), 0);
    const auto first = ask("a");
    ASSERT_EQ(::pthread_setattr_default_np(&usual), 0);
    ::pthread_attr_destroy(&impossible);
    ::pthread_attr_destroy(&usual);

    EXPECT_EQ(first->hears(), "Resource temporarily unavailable");
    const auto second = ask("a");
    names->answer("a");
    EXPECT_EQ(second->hears(), address_of("a"));
}

// ---- many at once

TEST_F(NameResolverTest, callers_come_and_go_on_many_threads) {
    use_threads(3);
    names->answer_all();
    std::atomic<std::size_t> heard{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 6; ++caller) {
        callers.emplace_back([&, caller] {
            for (int i = 0; i < 200; ++i) {
                const std::string host(1, static_cast<char>('a' + (caller + i) % 5));
                const auto asker = ask(host);
                if (i % 3 == 0) continue;
                if (asker->hears() == address_of(host)) ++heard;
            }
        });
    }
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(heard, 6U * 133U);
    EXPECT_LE(names->most_at_once(), 3U);
}

}  // namespace
}  // namespace picoxx
