#include "io/resolver.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

namespace picoxx {

std::shared_ptr<NameLookup> NameLookup::start(const std::string& host, std::function<void()> answered) {
    auto lookup = std::make_shared<NameLookup>();
    lookup->answered_ = std::move(answered);
    try {
        std::thread{[lookup, host] { lookup->answer(answer_for(host)); }}.detach();
    } catch (const std::system_error& error) {
        lookup->answer(Answer{{}, error.what()});
    }
    return lookup;
}

NameLookup::Answer NameLookup::answer_for(const std::string& host) noexcept {
    try {
        return resolve(host);
    } catch (const std::bad_alloc&) {
        return Answer{{}, "out of memory"};
    }
}

void NameLookup::abandon() noexcept {
    const std::lock_guard lock{mutex_};
    answered_ = nullptr;
}

bool NameLookup::take(ResolveRequest& request) {
    const std::lock_guard lock{mutex_};
    if (!answer_) return false;
    request.addresses = std::move(answer_->addresses);
    request.failure = std::move(answer_->failure);
    return true;
}

// The signal is given under the lock, so that who abandoned the question may go.
void NameLookup::answer(Answer answer) {
    const std::lock_guard lock{mutex_};
    answer_ = std::move(answer);
    if (answered_) answered_();
}

NameLookup::Answer NameLookup::resolve(const std::string& host) {
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
        std::array<char, NI_MAXHOST> text{};
        if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
            continue;
        if (std::find(answer.addresses.begin(), answer.addresses.end(), text.data()) == answer.addresses.end()) {
            answer.addresses.emplace_back(text.data());
        }
    }
    if (answer.addresses.empty()) answer.failure = "it has no address";
    return answer;
}

}  // namespace picoxx
