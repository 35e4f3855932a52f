#pragma once

#include "pool/engine.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

namespace picoxx {

/// Compares all that an engine keeps with what follows from its nodes and waiters alone, worked out anew and in the
/// plainest way.
struct EngineAudit {
    /// @return the first difference, or nothing
    static std::string difference(Engine& engine) {
        const std::string sums = difference_of_sums(engine);
        return sums.empty() ? difference_of_candidates(engine) : sums;
    }
    /// The same, but of the candidates only where they are up to date.
    static std::string difference_so_far(Engine& engine) {
        return engine.stale_ ? difference_of_sums(engine) : difference(engine);
    }
    /// As any call does first where a change concerned all nodes.
    static void bring_up_to_date(Engine& engine) {
        if (engine.stale_) engine.rebuild_candidates();
    }
    /// Connections that one node has, under one of its names.
    static std::size_t most_open(const Engine& engine) {
        std::size_t most = 0;
        for (const auto& node : engine.nodes_) most = std::max(most, node->open());
        return most;
    }
    static bool is_up_to_date(const Engine& engine) { return !engine.stale_; }

private:
    static std::size_t open_under_all_names(const Engine& engine, const PoolNode& node) {
        std::size_t open = node.open();
        for (const auto& seed : engine.nodes_) open += seed->same_as == &node ? seed->open() : 0;
        return open;
    }

    static std::string difference_of_sums(const Engine& engine) {
        std::size_t open = 0, idle = 0, connecting = 0, left_behind = 0, draining = 0;
        for (const auto& node : engine.nodes_) {
            open += node->open();
            idle += node->idle.size();
            connecting += node->connecting;
            left_behind += node->left_behind;
            draining += node->draining;
            if (node->open_under_all_names() != open_under_all_names(engine, *node)) return "open at " + node->label;
            const bool usable = !node->removed && node->info.availability == Availability::usable;
            if (!usable && !node->idle.empty()) return "idle at " + node->label + ", which is not usable";
            if (node->removed && node->open() + node->draining == 0) return node->label + " is of no use";
        }
        if (open != engine.open_) return "open";
        if (idle != engine.idle_) return "idle";
        if (connecting != engine.connecting_) return "connecting";
        if (draining != engine.draining_ || left_behind != engine.left_behind_) return "draining";
        if (engine.state_.full != (open >= engine.limits_.max_size)) return "full";

        for (const WaitingList* list : {&engine.queues_.waiting, &engine.queues_.dialling}) {
            std::size_t waiting = 0;
            const bool dials = list == &engine.queues_.dialling;
            for (const AcquireRequest* request = list->first(); request != nullptr;
                 request = WaitingList::after(*request)) {
                ++waiting;
                if (!request->queued || request->dials != dials) return "in the wrong queue";
            }
            if (waiting != list->size()) return "waiting";
        }
        return {};
    }

    static std::string difference_of_candidates(Engine& engine) {
        const std::span<const Candidate> kept = engine.kept_.candidates();
        std::size_t in_question = 0, place = 0;
        for (const auto& node : engine.nodes_) {
            if (comes_into_question(engine, *node)) ++in_question;
            if (can_serve(engine, *node)) {
                if (place == kept.size() || !is_of(kept[place], engine, *node)) return "candidate " + node->label;
                if (&engine.kept_.node(place++) != node.get()) return "node of candidate " + node->label;
            }
            for (const TimePoint then : {node->retry_at, node->login_refused_until}) {
                if (!node->removed && then > engine.state_.now && then < engine.next_change_) return "next change";
            }
        }
        if (place != kept.size()) return "a candidate too many";
        if (in_question != engine.kept_.in_question()) return "in question";
        // Time is noticed by the next call or waiter.
        const bool waits = !engine.queues_.waiting.empty(), dials = !engine.queues_.dialling.empty();
        if (waits && !engine.time_has_changed_nodes_ && !kept.empty()) return "waits in vain";
        if ((waits || dials) && !engine.time_has_changed_nodes_ &&
            std::any_of(kept.begin(), kept.end(), [](const Candidate& candidate) { return candidate.idle > 0; }))
            return "idle while somebody waits";
        return {};
    }

    static bool is_refused(const Engine& engine, const PoolNode& node) {
        return engine.state_.now < node.login_refused_until;
    }

    // A connection of it can be had now, or is in use, or is being made by a call.
    static bool comes_into_question(const Engine& engine, const PoolNode& node) {
        if (node.removed || node.info.availability != Availability::usable) return false;
        if (node.origin == PoolNode::Origin::seed && engine.state_.has_topology) return false;
        if (!node.idle.empty() || node.leased > 0) return true;
        const bool fails = node.retry_at != TimePoint{};
        if (is_refused(engine, node)) return node.connecting > 0 && !fails && node.unattended == 0;
        return !fails && node.unattended == 0;
    }

    static bool can_serve(const Engine& engine, const PoolNode& node) {
        if (!comes_into_question(engine, node)) return false;
        if (!node.idle.empty()) return true;
        if (is_refused(engine, node) || node.unattended > 0 || node.retry_at != TimePoint{}) return false;
        if (node.connecting > 0 && node.failures_in_a_row > 0) return false;
        const auto& discovery = engine.state_.discovery_dials;
        const bool is_asked = std::find(discovery.begin(), discovery.end(), node.info.endpoint) != discovery.end();
        if (node.connecting + (is_asked ? 1 : 0) >= (node.has_fresh_password ? 2U : 1U)) return false;
        return engine.open_ < engine.limits_.max_size &&
               open_under_all_names(engine, node) < engine.limits_.max_per_node;
    }

    static bool is_of(const Candidate& candidate, const Engine& engine, const PoolNode& node) {
        return candidate.id == node.info.id && candidate.name == node.info.name && candidate.tier == node.info.tier &&
               candidate.replicaset == node.info.replicaset && candidate.zone == node.info.zone &&
               candidate.role == node.info.role &&
               candidate.in_flight == node.leased + node.left_behind + node.draining &&
               candidate.idle == node.idle.size() && candidate.open == node.open() &&
               candidate.max == engine.limits_.max_per_node &&
               candidate.recent_errors == node.failures_in_a_row + node.timeouts_in_a_row &&
               candidate.latency == node.latency;
    }
};

}  // namespace picoxx
