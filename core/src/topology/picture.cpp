#include "topology/picture.hpp"

#include <picoxx/node_status.hpp>

#include <picoxx/port/endpoint.hpp>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace picoxx {
namespace {

std::string label(const Node& node) { return node.name + " (" + to_string(node.endpoint) + ')'; }

std::string_view name_of(Availability availability) noexcept {
    switch (availability) {
        case Availability::usable: return "usable";
        case Availability::draining: return "about to leave: no new statements go there";
        case Availability::unusable: return "not usable";
    }
    return "not usable";
}

bool serves(const KnownNode& known) noexcept {
    return known.has_not_failed && known.node.availability == Availability::usable;
}

class NodesById {
public:
    explicit NodesById(const Topology& picture) {
        for (const Node& node : picture.nodes) nodes_.emplace(node.id, &node);
    }
    [[nodiscard]] const Node* find(std::string_view id) const {
        const auto found = nodes_.find(id);
        return found == nodes_.end() ? nullptr : found->second;
    }

private:
    std::unordered_map<std::string_view, const Node*> nodes_;
};

void compare(const Node& before, const Node& now, std::vector<NodeChange>& found) {
    using Kind = NodeChange::Kind;
    const auto add = [&](Kind kind, std::string text) {
        found.push_back(NodeChange{kind, label(now), std::move(text)});
    };
    if (before.endpoint != now.endpoint) {
        add(Kind::moved, "the node has moved from " + to_string(before.endpoint));
    }
    if (before.incarnation != now.incarnation) add(Kind::restarted, "the node has restarted");
    if (before.role != now.role) {
        add(Kind::role,
            "the node is now " + std::string{to_string(now.role)} + ", it was " + std::string{to_string(before.role)});
    }
    if (before.availability != now.availability) {
        add(Kind::availability, "the cluster calls the node " + std::string{name_of(now.availability)});
    }
}

}  // namespace

Judgement judge(const Topology& picture, std::span<const KnownNode> known) {
    const NodesById nodes{picture};
    bool lacks_one = false;
    for (const KnownNode& before : known) {
        const Node* const now = nodes.find(before.node.id);
        if (now == nullptr) {
            lacks_one = lacks_one || serves(before);
        } else if (now->incarnation < before.node.incarnation) {
            return Judgement::older;
        }
    }
    return lacks_one ? Judgement::confirm : Judgement::take;
}

std::vector<std::string> lacking_nodes(const Topology& picture, std::span<const KnownNode> known) {
    const NodesById nodes{picture};
    std::vector<std::string> ids;
    for (const KnownNode& before : known) {
        if (serves(before) && nodes.find(before.node.id) == nullptr) ids.push_back(before.node.id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

std::vector<NodeChange> changes(std::span<const KnownNode> known, const Topology& picture) {
    std::vector<NodeChange> found;
    if (known.empty()) return found;
    std::unordered_map<std::string_view, const Node*> before;
    for (const KnownNode& one : known) before.emplace(one.node.id, &one.node);
    for (const Node& now : picture.nodes) {
        const auto same = before.find(now.id);
        if (same == before.end()) {
            found.push_back(NodeChange{NodeChange::Kind::joined, label(now), "the cluster has a new node"});
        } else {
            compare(*same->second, now, found);
            before.erase(same);
        }
    }
    for (const KnownNode& one : known) {
        if (before.contains(one.node.id)) {
            found.push_back(NodeChange{NodeChange::Kind::gone, label(one.node), "the node has left the cluster"});
        }
    }
    return found;
}

}  // namespace picoxx
