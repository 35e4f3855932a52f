#include "pool/waiting_list.hpp"

namespace picoxx {

void WaitingList::push_back(AcquireRequest& request) noexcept {
    request.queued = true;
    request.before_ = last_;
    request.after_ = nullptr;
    (last_ != nullptr ? last_->after_ : first_) = &request;
    last_ = &request;
    ++size_;
}

void WaitingList::remove(AcquireRequest& request) noexcept {
    request.queued = false;
    (request.before_ != nullptr ? request.before_->after_ : first_) = request.after_;
    (request.after_ != nullptr ? request.after_->before_ : last_) = request.before_;
    --size_;
}

}  // namespace picoxx
