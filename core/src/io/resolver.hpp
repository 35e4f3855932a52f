#pragma once

#include "task/task.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace picoxx {

/// One question to the system's resolver. That blocks, for longer than any deadline if it likes, so each question has a
/// thread of its own, which is left behind when nobody waits for it any more. Questions are as rare as dials to nodes
/// that are named, not numbered. Thread safety: all functions.
class NameLookup {
public:
    /// `answered` is called once, on another thread, unless the question is abandoned before; it must only signal.
    static std::shared_ptr<NameLookup> start(const std::string& host, std::function<void()> answered);

    /// Nobody waits any more: after this `answered` is not called.
    void abandon() noexcept;
    /// Moves the answer into the request. @return false where there is none yet
    [[nodiscard]] bool take(ResolveRequest& request);

private:
    struct Answer {
        std::vector<std::string> addresses;
        std::string failure;
    };

    [[nodiscard]] static Answer answer_for(const std::string& host) noexcept;
    [[nodiscard]] static Answer resolve(const std::string& host);
    void answer(Answer answer);

    std::mutex mutex_;
    std::function<void()> answered_;
    std::optional<Answer> answer_;
};

}  // namespace picoxx
