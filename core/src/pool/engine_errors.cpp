// What a call is told that gets no connection.
#include "pool/engine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

Error not_asked_again(Error refused, Duration pause) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(pause).count();
    refused.text += " (not asked again for " + std::to_string(std::max<std::int64_t>(seconds, 0)) +
                    " s, unless with another password: failed logins lock the account)";
    return refused;
}

}  // namespace

Error Engine::refused_login(const Endpoint& endpoint) const {
    const auto refused = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        return node->info.endpoint == endpoint && state_.now < node->login_refused_until;
    });
    if (refused == nodes_.end()) return make_error(Errc::authentication_failed, "the login was refused");
    return not_asked_again((*refused)->login_error, (*refused)->login_refused_until - state_.now);
}

Error Engine::nobody_to_ask(TimePoint now) {
    pass(now);
    return no_node_error();
}

Error Engine::no_node_error() const {
    // One node, or one reason: say that. Otherwise list them all.
    std::vector<std::pair<std::string, Error>> reasons;
    for (const auto& node : nodes_) {
        if (node->removed) continue;
        if (is_spare_seed(*node, state_) && node->same_as != nullptr) continue;  // named below
        if (state_.now < node->login_refused_until) {
            reasons.emplace_back(node->label,
                                 not_asked_again(node->login_error, node->login_refused_until - state_.now));
        } else if (node->last_error) {
            reasons.emplace_back(node->label, node->last_error);
        } else if (node->info.availability != Availability::usable) {
            reasons.emplace_back(node->label, make_error(Errc::no_node_available, "not usable, says the cluster"));
        }
    }
    if (reasons.empty()) return make_error(Errc::no_node_available, "the cluster has no usable node");
    const bool one_reason = std::all_of(reasons.begin(), reasons.end(), [&](const auto& reason) {
        return reason.second.code == reasons.front().second.code;
    });
    if (reasons.size() == 1 || (one_reason && reasons.front().second.code == Errc::authentication_failed)) {
        return reasons.front().second;
    }
    Error error = make_error(Errc::no_node_available, "no node is available:");
    for (const auto& [label, reason] : reasons) {
        error.text += ' ' + label + ": " + std::string{to_string(reason.code)} + ", " + reason.text;
        if (!reason.server_text.empty()) error.text += " (" + reason.server_text + ')';
        error.text += ';';
    }
    error.text.pop_back();
    return error;
}

Acquisition Engine::no_node() const noexcept {
    Acquisition acquisition;
    acquisition.kind = Acquisition::Kind::fail;
    try {
        acquisition.error = std::make_unique<Error>(no_node_error());
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): none says so
    }
    return acquisition;
}

Error Engine::nobody_came() const {
    const bool any_reason = std::any_of(nodes_.begin(), nodes_.end(),
                                        [](const auto& node) { return !node->removed && node->last_error; });
    return made() == 0 && any_reason ? no_node_error() : exhausted("no connection became free in time");
}

void Engine::name_failed_nodes(Error& error) const {
    for (const auto& node : nodes_) {
        const bool failed = node->is_failing() || state_.now < node->login_refused_until;
        const bool is_twin = node->same_as != nullptr && node->same_as->info.endpoint == node->info.endpoint;
        if (failed && !node->removed && !is_twin) error.text += "; " + node->label + ": " + node->last_error.text;
    }
}

Error Engine::exhausted(std::string_view what) const {
    Error error = make_error(Errc::pool_exhausted, std::string{what} + ": " + std::to_string(made()) + " of " +
                                                       std::to_string(limits_.max_size) + " connections are open, " +
                                                       std::to_string(made() - idle_) + " of them busy, " +
                                                       std::to_string(connecting_) + " are being made, and " +
                                                       std::to_string(queues_.waiting.size()) + " of " +
                                                       std::to_string(limits_.max_waiters) + " calls are waiting");
    if (failed_last_ != nullptr) {
        error.text += "; the last error, of " + failed_last_->label + ": " + failed_last_->last_error.text;
    }
    return error;
}

}  // namespace picoxx
