#pragma once

#include <picoxx/port/topology.hpp>

namespace picoxx {

/// A node of the topology at hand.
struct KnownNode {
    Node node;
    bool has_not_failed = false;  ///< No connection to it has failed since the last one that was made.
};

}  // namespace picoxx
