#include "io/resolver.hpp"

#include "io/name_resolver.hpp"
#include "io/per_process.hpp"

#include <new>
#include <utility>

namespace picoxx {
namespace {

constinit PerProcess<NameResolver> names{[] { return std::make_shared<NameResolver>(NameResolver::Options{}); }};

}  // namespace

std::shared_ptr<NameLookup> NameLookup::start(const std::string& host, std::function<void()> answered) {
    return names.get().ask(host, std::move(answered));
}

NameLookup::NameLookup(std::shared_ptr<NameResolver> resolver, std::function<void()> answered) noexcept
    : resolver_{std::move(resolver)}, answered_{std::move(answered)} {}

void NameLookup::abandon() noexcept {
    if (is_foreign()) return;
    {
        const std::lock_guard lock{mutex_};
        answered_ = nullptr;
    }
    resolver_->leave(*this);
}

bool NameLookup::take(ResolveRequest& request) {
    if (is_foreign()) return false;
    const std::lock_guard lock{mutex_};
    if (!answer_) return false;
    request.addresses = std::move(answer_->addresses);
    request.failure = std::move(answer_->failure);
    return true;
}

// The signal is given under the lock, so that who abandoned the question may go.
void NameLookup::answer(const NameAnswer& answer) noexcept {
    const std::lock_guard lock{mutex_};
    try {
        answer_ = answer;
    } catch (const std::bad_alloc&) {
        answer_ = NameAnswer{{}, "out of memory"};
    }
    if (answered_) std::exchange(answered_, nullptr)();
}

}  // namespace picoxx
