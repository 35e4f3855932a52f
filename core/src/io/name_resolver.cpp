#include "io/name_resolver.hpp"

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
namespace {

NameAnswer failure(const char* text) noexcept {
    try {
        return NameAnswer{{}, text};
    } catch (const std::bad_alloc&) {
        return NameAnswer{{}, "out of memory"};
    }
}

}  // namespace

std::shared_ptr<NameLookup> NameResolver::ask(const std::string& host, std::function<void()> answered) {
    auto lookup = std::make_shared<NameLookup>(shared_from_this(), std::move(answered));
    try {
        const std::lock_guard lock{mutex_};
        join(host, lookup);
    } catch (const std::system_error& error) {
        lookup->answer(failure(error.what()));
    } catch (const std::bad_alloc&) {
        lookup->answer(failure("out of memory"));
    }
    return lookup;
}

// Called with the lock held. Where it throws nobody has joined.
void NameResolver::join(const std::string& host, const std::shared_ptr<NameLookup>& lookup) {
    std::shared_ptr<Question> question;
    Duration shared_for = options_.shared_for;
    if (const auto found = latest_.find(host); found != latest_.end()) {
        const Question& latest = *found->second;
        const bool hangs = latest.state == Question::State::under_way &&
                           options_.now() - latest.begun >= latest.shared_for;
        if (hangs) {
            shared_for = 2 * latest.shared_for;
        } else {
            question = found->second;
        }
    }
    const bool is_new = question == nullptr;
    if (is_new) question = std::make_shared<Question>(Question{host, shared_for, {}, {}, {}});
    const auto place = question->asked_by.insert(question->asked_by.end(), lookup);
    if (is_new) enqueue(question);
    lookup->place_ = place;
    lookup->question_ = std::move(question);
}

// Called with the lock held.
void NameResolver::enqueue(const std::shared_ptr<Question>& question) {
    try {
        queue_.push_back(question);
        latest_.insert_or_assign(question->host, question);
        if (threads_ < options_.max_threads) start_thread();
    } catch (...) {
        forget(*question);
        throw;
    }
}

// Called with the lock held.
void NameResolver::forget(const Question& question) noexcept {
    queue_.remove_if([&](const auto& queued) { return queued.get() == &question; });
    const auto latest = latest_.find(question.host);
    if (latest != latest_.end() && latest->second.get() == &question) latest_.erase(latest);
}

void NameResolver::leave(NameLookup& lookup) noexcept {
    std::shared_ptr<Question> question;  // this and the reference below may be the last ones: they go after the lock
    std::shared_ptr<NameLookup> kept;
    const std::lock_guard lock{mutex_};
    question = std::move(lookup.question_);
    if (question == nullptr || question->state == Question::State::ended) return;
    kept = std::move(*lookup.place_);
    question->asked_by.erase(lookup.place_);
    if (question->state == Question::State::queued && question->asked_by.empty()) forget(*question);
}

// ---- threads

// Called with the lock held.
void NameResolver::start_thread() {
    std::thread{[self = shared_from_this()] { self->work(); }}.detach();
    ++threads_;
}

void NameResolver::work() noexcept {
    while (const std::shared_ptr<Question> question = next()) end(*question, answer_to(*question));
}

// Null where the thread is to end.
std::shared_ptr<NameResolver::Question> NameResolver::next() noexcept {
    const std::lock_guard lock{mutex_};
    if (queue_.empty()) {
        --threads_;
        return nullptr;
    }
    std::shared_ptr<Question> question = std::move(queue_.front());
    queue_.pop_front();
    question->state = Question::State::under_way;
    question->begun = options_.now();
    return question;
}

NameAnswer NameResolver::answer_to(const Question& question) const noexcept {
    try {
        return options_.resolve(question.host);
    } catch (const std::bad_alloc&) {
        return failure("out of memory");
    }
}

void NameResolver::end(Question& question, const NameAnswer& answer) noexcept {
    std::list<std::shared_ptr<NameLookup>> asked_by;
    {
        const std::lock_guard lock{mutex_};
        question.state = Question::State::ended;
        forget(question);
        asked_by.swap(question.asked_by);
    }
    for (const auto& lookup : asked_by) lookup->answer(answer);
}

// ---- the system

NameAnswer NameResolver::ask_system(const std::string& host) {
    NameAnswer answer;
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
