#pragma once

#include "pool/known_node.hpp"

#include <picoxx/port/topology.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace picoxx {

/// What becomes of a picture of the cluster that a node gave.
enum class Judgement : std::uint8_t {
    take,
    older,  ///< It was drawn before the one at hand: a node in it has a smaller incarnation than is known. Not taken.
    confirm,  ///< It lacks a node that serves. A catalogue that lags behind would look the same, so another node is asked first.
};
[[nodiscard]] Judgement judge(const Topology& picture, std::span<const KnownNode> known);
/// The ids of the nodes that serve, as far as is known, and that the picture lacks; in order.
[[nodiscard]] std::vector<std::string> lacking_nodes(const Topology& picture, std::span<const KnownNode> known);

/// One thing that a new picture says of a node, for the log.
struct NodeChange {
    enum class Kind : std::uint8_t { joined, gone, moved, restarted, role, availability };
    Kind kind;
    std::string node;  ///< `name (host:port)`.
    std::string text;  ///< What changed, in one line.
};
/// What differs between the picture at hand and the next one, by node. Empty for the first picture.
[[nodiscard]] std::vector<NodeChange> changes(std::span<const KnownNode> known, const Topology& picture);

}  // namespace picoxx
