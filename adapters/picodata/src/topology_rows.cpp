#include "topology_rows.hpp"

#include "address.hpp"
#include "instance_state.hpp"

#include <picoxx/port/big_endian.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace picoxx {
namespace {

constexpr std::size_t full_columns = 13;
constexpr std::size_t reduced_columns = 10;

Error garbage(std::string what) {
    return make_error(Errc::discovery_failed, "the answer to the discovery query makes no sense: " + std::move(what));
}

// The columns of both queries begin alike.
struct TopologyRow {
    std::array<FieldView, full_columns> fields;
    bool full;

    [[nodiscard]] std::string text(std::size_t column) const { return std::string{fields[column].bytes()}; }
    [[nodiscard]] std::string uuid() const { return text(0); }
    [[nodiscard]] std::string name() const { return text(1); }
    [[nodiscard]] std::string_view address() const { return fields[2].bytes(); }
    [[nodiscard]] std::string tier() const { return text(3); }
    [[nodiscard]] std::string replicaset() const { return text(4); }
    [[nodiscard]] std::string replicaset_name() const { return text(5); }
    [[nodiscard]] InstanceState current_state() const { return parse_state(fields[6].bytes()); }
    [[nodiscard]] InstanceState target_state() const { return parse_state(fields[7].bytes()); }
    [[nodiscard]] std::string zone() const { return parse_failure_domain(fields[8].bytes()); }
    [[nodiscard]] std::string version() const { return text(9); }
    // While a switchover is under way (current and target differ) every member is read-only: nobody leads.
    [[nodiscard]] NodeRole role() const {
        if (!full || fields[10].is_null() || fields[11].is_null()) return NodeRole::unknown;
        return name() == fields[10].bytes() && name() == fields[11].bytes() ? NodeRole::leader : NodeRole::replica;
    }
    [[nodiscard]] std::uint32_t bucket_count() const {
        return full && fields[12].size == 8 ? static_cast<std::uint32_t>(read_big_endian(fields[12])) : 0;
    }
};

std::optional<Node> read_node(const TopologyRow& row, const std::string& answered_by, const Endpoint& reached) {
    const InstanceState current = row.current_state();
    const InstanceState target = row.target_state();
    if (current.variant == "Expelled") return std::nullopt;

    Node node;
    node.id = row.uuid();
    node.name = row.name();
    node.tier = row.tier();
    node.replicaset = row.replicaset();
    node.replicaset_name = row.replicaset_name();
    node.zone = row.zone();
    node.version = row.version();
    node.role = row.role();
    node.availability = availability_of(current, target);
    node.incarnation = current.incarnation;

    const std::optional<Endpoint> advertised = parse_address(row.address());
    if (advertised) node.endpoint = *advertised;
    if (node.id == answered_by) {
        if (!advertised || is_wildcard(advertised->host)) node.endpoint = reached;
    } else if (!advertised) {
        node.availability = Availability::unusable;
    }
    return node;
}

void add_tier(Topology& topology, const TopologyRow& row) {
    const std::string name = row.tier();
    const bool known = std::any_of(topology.tiers.begin(), topology.tiers.end(),
                                   [&](const Tier& tier) { return tier.name == name; });
    if (!known) topology.tiers.push_back(Tier{name, row.bucket_count()});
}

}  // namespace

Result<Topology> read_topology(const RowBlock* rows, std::string answered_by, const Endpoint& reached) {
    Topology topology;
    const std::size_t columns = rows == nullptr ? 0 : rows->column_count();
    if (columns != full_columns && columns != reduced_columns)
        return garbage("it has " + std::to_string(columns) + " columns");
    TopologyRow row{{}, columns == full_columns};
    for (std::size_t i = 0; i < rows->row_count(); ++i) {
        rows->read_row(i, std::span{row.fields.data(), columns});
        if (row.uuid().empty()) return garbage("an instance has no uuid");
        std::optional<Node> node = read_node(row, answered_by, reached);
        if (!node) continue;
        add_tier(topology, row);
        const bool twice = std::any_of(topology.nodes.begin(), topology.nodes.end(),
                                       [&](const Node& other) { return other.id == node->id; });
        if (!twice) topology.nodes.push_back(*std::move(node));
    }
    if (topology.nodes.empty()) return make_error(Errc::discovery_failed, "the cluster names no instance");
    const bool known = std::any_of(topology.nodes.begin(), topology.nodes.end(),
                                   [&](const Node& node) { return node.id == answered_by; });
    if (known) topology.answered_by = std::move(answered_by);
    return topology;
}

}  // namespace picoxx
