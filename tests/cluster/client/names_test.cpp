// Names with several addresses, over real sockets: the system's resolver is replaced for one name.
#include "eventually.hpp"

#include <picoxx/picoxx.hpp>
#include <picoxx/testing/dev_cluster.hpp>
#include <picoxx/testing/error_in.hpp>

#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::string_view name_of_two = "two-addresses.test";
constexpr std::array addresses_of_two{"127.0.0.2", "127.0.0.1"};

using GetAddrInfo = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

GetAddrInfo of_the_system() {
    static const auto function = reinterpret_cast<GetAddrInfo>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return function;
}

}  // namespace

// In place of the system's. Its own lists, so that freeaddrinfo can free what is answered.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
    if (host == nullptr || name_of_two != host) return of_the_system()(host, service, hints, found);
    addrinfo* last = nullptr;
    for (const char* address : addresses_of_two) {
        addrinfo* one = nullptr;
        if (const int failure = of_the_system()(address, service, hints, &one); failure != 0) return failure;
        (last == nullptr ? *found : last->ai_next) = one;
        last = one;
    }
    return 0;
}

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using testing::DevCluster;
using testing::DevClusterOptions;
using testing::error_in;

// At 127.0.0.2, and the port of a node at 127.0.0.1: the system takes connections, and nobody ever answers.
class SilentTwin {
public:
    explicit SilentTwin(std::uint16_t port)
        : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        ::inet_pton(AF_INET, addresses_of_two[0], &address.sin_addr);
        listens_ = ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                   ::listen(listener_, 64) == 0;
    }
    ~SilentTwin() {
        while (take_one() >= 0) {
        }
        ::close(listener_);
    }
    SilentTwin(const SilentTwin&) = delete;
    SilentTwin& operator=(const SilentTwin&) = delete;

    [[nodiscard]] bool listens() const noexcept { return listens_; }
    /// Connections so far; they end.
    [[nodiscard]] std::size_t count_connections() {
        std::size_t count = 0;
        for (int one = take_one(); one >= 0; one = take_one()) {
            ::close(one);
            ++count;
        }
        return count;
    }

private:
    int take_one() const noexcept { return ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); }

    int listener_;
    bool listens_ = false;
};

class NameOfTwo : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(twin.listens()); }
    [[nodiscard]] Options options() const {
        return {.dsn = "postgresql://admin:T0psecret@" + std::string{name_of_two} + ':' +
                       std::to_string(cluster.port("i1")) + "/?sslmode=disable",
                .max_size = 6,
                .timeouts = {.connect = 20s}};
    }

    // Of the 20 s that each connection may take one that tries them in turn would spend half at the silent one.
    static constexpr auto far_less_than_its_share = 5s;

    DevCluster cluster{DevClusterOptions{1, 1}};
    SilentTwin twin{cluster.port("i1")};
};

TEST_F(NameOfTwo, a_silent_address_holds_up_one_connection_for_a_moment_and_no_other) {
    Pool pool{options()};
    const TimePoint begin = Clock::now();

    pool.connect({.min_ready = 1});
    pool.connect({.min_ready = 6});

    EXPECT_LT(Clock::now() - begin, far_less_than_its_share);
    EXPECT_EQ(twin.count_connections(), 1U) << "from then on the address that answered comes first";
}

TEST_F(NameOfTwo, it_is_so_for_asynchronous_calls_too) {
    Pool pool{options()};
    const TimePoint begin = Clock::now();

    EXPECT_EQ(pool.async_fetch({"SELECT 1"}, boost::asio::use_future).get().front().get<int>(0), 1);

    EXPECT_LT(Clock::now() - begin, far_less_than_its_share);
    EXPECT_EQ(twin.count_connections(), 1U);
}

TEST_F(NameOfTwo, the_other_address_is_tried_when_the_one_that_answered_last_is_dead) {
    Pool pool{options()};
    pool.connect();
    EXPECT_EQ(twin.count_connections(), 1U);
    cluster.kill("i1");

    EXPECT_TRUE(eventually([&] {
        EXPECT_TRUE(error_in([&] { pool.fetch(Statement{"SELECT 1"}.with({.timeout = 500ms})); }));
        return twin.count_connections() > 0;
    }));
}

}  // namespace
}  // namespace picoxx
