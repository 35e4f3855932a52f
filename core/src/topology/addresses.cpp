#include "topology/addresses.hpp"

#include "dsn/dsn.hpp"

#include <exception>

namespace picoxx {

std::vector<std::string> translate_addresses(Topology& topology, const DiscoveryOptions& options) {
    std::vector<std::string> failures;
    for (Node& node : topology.nodes) {
        const auto mapped = options.address_map.find(to_string(node.endpoint));
        if (mapped != options.address_map.end()) {
            node.endpoint = *parse_endpoint(mapped->second);  // checked when the settings were made
        } else if (options.translate_address) {
            const auto unusable = [&](const char* why) {
                node.availability = Availability::unusable;
                failures.push_back("translate_address threw for node " + node.name + ", which is not used: " + why);
            };
            try {
                node.endpoint = options.translate_address(node);
            } catch (const std::exception& failure) {
                unusable(failure.what());
            } catch (...) {
                unusable("something that is no std::exception");
            }
        }
        const std::string& host = node.endpoint.host;
        if (host.empty() || host == "0.0.0.0" || host == "::") node.availability = Availability::unusable;
    }
    return failures;
}

}  // namespace picoxx
