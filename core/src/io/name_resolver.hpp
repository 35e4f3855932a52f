#pragma once

#include "io/resolver.hpp"

#include <picoxx/port/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace picoxx {

/// A name that the system is asked for, by one caller or by many.
struct NameQuestion {
    enum class State : std::uint8_t { queued, under_way, ended };

    std::string host;
    Duration shared_for{};  ///< So long after it has begun others may join it.
    State state = State::queued;
    TimePoint begun{};
    std::list<std::shared_ptr<NameLookup>> asked_by;
};

/// getaddrinfo, asked on threads of its own. Callers that ask for one name share one question; the number of threads is
/// bounded, further names wait in a queue; a thread ends when nothing is queued.
///
/// A question cannot be broken off: one that hangs keeps its thread until the system gives up (with glibc's defaults
/// mostly within half a minute). Who comes later than `shared_for` asks for its name once more, and who comes later
/// still after twice as long each time, so that a single stuck answer neither bars its name for ever nor takes all
/// threads. If all hang, further names wait until one returns or their callers' deadlines pass; numeric addresses need
/// no resolver.
/// Thread safety: all functions. Its threads keep it alive.
class NameResolver : public std::enable_shared_from_this<NameResolver> {
public:
    struct Options {
        std::function<NameAnswer(const std::string& host)> resolve = ask_system;  ///< May block; may throw bad_alloc.
        std::size_t max_threads = 16;  ///< More than that only wait for the same few name servers.
        Duration shared_for = std::chrono::seconds{30};
        std::function<TimePoint()> now = Clock::now;
    };

    explicit NameResolver(Options options) noexcept : options_{std::move(options)} {}

    /// As NameLookup::start.
    [[nodiscard]] std::shared_ptr<NameLookup> ask(const std::string& host, std::function<void()> answered);

private:
    friend class NameLookup;
    using Question = NameQuestion;

    [[nodiscard]] static NameAnswer ask_system(const std::string& host);

    void leave(NameLookup& lookup) noexcept;
    void join(const std::string& host, const std::shared_ptr<NameLookup>& lookup);
    void enqueue(const std::shared_ptr<Question>& question);
    void forget(const Question& question) noexcept;
    void start_thread();
    void work() noexcept;
    [[nodiscard]] std::shared_ptr<Question> next() noexcept;
    [[nodiscard]] NameAnswer answer_to(const Question& question) const noexcept;
    void end(Question& question, const NameAnswer& answer) noexcept;

    const Options options_;
    std::mutex mutex_;  // guards what follows; no other is taken under it
    std::unordered_map<std::string, std::shared_ptr<Question>> latest_;  // of each name; queued or under way
    std::list<std::shared_ptr<Question>> queue_;                         // empty while there may be another thread
    std::size_t threads_ = 0;
};

}  // namespace picoxx
