// The names of a process are not those of the one that it was forked from.
#include "io/per_process.hpp"
#include "process_state.hpp"
#include "slow_names.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

std::shared_ptr<NameResolver> make_resolver_of_this_process();

// As the one of NameLookup::start, with other names.
std::shared_ptr<SlowNames> names_of_this_process;
constinit PerProcess<NameResolver> resolvers{&make_resolver_of_this_process};

std::shared_ptr<NameResolver> make_resolver_of_this_process() {
    return std::make_shared<NameResolver>(NameResolver::Options{
        .resolve = [](const std::string& host) { return names_of_this_process->resolve(host); },
        .max_threads = 1,
    });
}

std::shared_ptr<NameLookup> ask_in_this_process(const std::string& host, std::function<void()> answered) {
    return resolvers.get().ask(host, std::move(answered));
}

class NamesOfAProcess : public ::testing::Test {
protected:
    NamesOfAProcess() { names_of_this_process = names; }
    /// The parent's must not even be destroyed in a child: that would wait for the threads that stand in them.
    static void use_names_of_the_child() {
        names_of_this_process = std::make_shared<SlowNames>();
        names_of_this_process->answer_all();
    }

    const std::shared_ptr<SlowNames> names = std::make_shared<SlowNames>();
};

TEST_F(NamesOfAProcess, the_first_who_ask_at_once_ask_one_resolver) {
    static constinit PerProcess<NameResolver> fresh{&make_resolver_of_this_process};
    std::vector<std::future<NameResolver*>> got;
    for (int i = 0; i < 8; ++i) got.push_back(std::async(std::launch::async, [] { return &fresh.get(); }));
    for (auto& resolver : got) EXPECT_EQ(resolver.get(), &fresh.get());
}

#if defined(__has_feature)
#    define PICOXX_HAS_FEATURE(feature) __has_feature(feature)
#else
#    define PICOXX_HAS_FEATURE(feature) 0
#endif

class NamesOfAForkedChild : public NamesOfAProcess {
protected:
    void SetUp() override {
#if defined(__SANITIZE_THREAD__) || PICOXX_HAS_FEATURE(thread_sanitizer)
        GTEST_SKIP() << "ThreadSanitizer ends a child whose thread gets the place of one that only its parent has";
#endif
    }
};

TEST_F(NamesOfAForkedChild, asks_anew_for_what_its_parent_is_asking_for) {
    Asker under_way{ask_in_this_process, "a"};
    EXPECT_EQ(names->asked(1), Names{"a"});
    Asker queued{ask_in_this_process, "b"};

    EXPECT_TRUE(holds_in_child([&] {
        use_names_of_the_child();
        const bool good = Asker{ask_in_this_process, "a"}.hears() == address_of("a") &&
                          Asker{ask_in_this_process, "b"}.hears() == address_of("b");
        under_way.abandon();
        queued.abandon();
        return good && !under_way.has_heard() && !queued.has_heard();
    }));

    names->answer_all();
    EXPECT_EQ(under_way.hears(), address_of("a")) << "the parent's goes on";
    EXPECT_EQ(queued.hears(), address_of("b"));
}

// Whatever locks the parent's threads held.
TEST_F(NamesOfAForkedChild, can_ask_and_leave_though_it_was_forked_while_others_did) {
#if defined(__SANITIZE_ADDRESS__) || PICOXX_HAS_FEATURE(address_sanitizer)
    GTEST_SKIP() << "in the child AddressSanitizer waits for locks of its own that threads of the parent held";
#endif
    names->answer_all();
    std::atomic<bool> ended{false};
    std::vector<std::thread> callers;
    for (int i = 0; i < 2; ++i) {
        callers.emplace_back([&] {
            while (!ended) static_cast<void>(Asker{ask_in_this_process, "a"}.has_heard());
        });
    }
    for (int i = 0; i < 20; ++i) {
        Asker of_the_parent{ask_in_this_process, "a"};
        EXPECT_TRUE(holds_in_child([&] {
            use_names_of_the_child();
            of_the_parent.abandon();
            return Asker{ask_in_this_process, "a"}.hears() == address_of("a");
        }));
    }
    ended = true;
    for (auto& caller : callers) caller.join();
    EXPECT_EQ((Asker{ask_in_this_process, "a"}.hears()), address_of("a"));  // after all that was abandoned
}

TEST_F(NamesOfAForkedChild, asks_the_system_as_its_parent_did) {
    const auto knows = [] {
        const std::string address = Asker{NameLookup::start, "localhost"}.hears();
        return address == "127.0.0.1" || address == "::1";
    };
    const std::size_t threads = threads_of_process();
    EXPECT_TRUE(knows());
    while (threads_of_process() > threads) std::this_thread::yield();
    EXPECT_TRUE(holds_in_child(knows));
}

}  // namespace
}  // namespace picoxx
