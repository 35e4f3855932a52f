#include "pool/standing.hpp"

#include "settings/login_guard.hpp"

namespace picoxx {

bool has_most_logins(const PoolNode& node, const PoolState& pool) noexcept {
    const std::size_t under_way = node.connecting + (pool.is_dialled_by_discovery(node.info.endpoint) ? 1U : 0U);
    return under_way >= most_logins_at_a_time(node.has_fresh_password);
}

}  // namespace picoxx
