#include "io/resolver.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

namespace picoxx::resolver {
namespace {

Answer resolve(const std::string& host) {
    Answer answer;
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (code != 0) {
        answer.failure = gai_strerror(code);
        return answer;
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, &freeaddrinfo};
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
            continue;
        if (std::find(answer.addresses.begin(), answer.addresses.end(), text) == answer.addresses.end()) {
            answer.addresses.emplace_back(text);
        }
    }
    if (answer.addresses.empty()) answer.failure = "it has no address";
    return answer;
}

}  // namespace

void start(std::string host, std::function<void(Answer)> done) {
    try {
        std::thread{[host = std::move(host), done] { done(resolve(host)); }}.detach();
    } catch (const std::system_error& error) {
        done(Answer{{}, error.what()});
    }
}

bool resolve_until(ResolveRequest& request, TimePoint until) {
    struct Shared {
        std::mutex mutex;
        std::condition_variable answered;
        std::optional<Answer> answer;
    };
    const auto shared = std::make_shared<Shared>();
    start(request.host, [shared](Answer answer) {
        const std::lock_guard lock{shared->mutex};
        shared->answer = std::move(answer);
        shared->answered.notify_one();
    });
    std::unique_lock lock{shared->mutex};
    const auto there = [&] { return shared->answer.has_value(); };
    if (until == no_deadline) {
        shared->answered.wait(lock, there);
    } else if (!shared->answered.wait_until(lock, until, there)) {
        return false;
    }
    request.addresses = std::move(shared->answer->addresses);
    request.failure = std::move(shared->answer->failure);
    return true;
}

}  // namespace picoxx::resolver
