#include "pool/waiting_list.hpp"

#include <utility>

namespace picoxx {

void WaitingList::push_back(AcquireRequest& request) noexcept {
    request.queued = true;
    request.before_ = last_;
    request.after_ = nullptr;
    (last_ != nullptr ? last_->after_ : first_) = &request;
    last_ = &request;
    ++size_;
    if (request.failed.empty()) ++unbarred_;
}

void WaitingList::remove(AcquireRequest& request) noexcept {
    request.queued = false;
    (request.before_ != nullptr ? request.before_->after_ : first_) = request.after_;
    (request.after_ != nullptr ? request.after_->before_ : last_) = request.before_;
    --size_;
    if (request.failed.empty()) --unbarred_;
}

void WaitingList::bar(AcquireRequest& request, FailedNode node) {
    const bool first = request.failed.empty();
    request.failed.push_back(std::move(node));
    if (first) --unbarred_;
}

}  // namespace picoxx
