#include "denied_users.hpp"
#include "picodata_refresh.hpp"

#include <picoxx/picodata/picodata_discovery.hpp>

namespace picoxx {

PicodataDiscovery::PicodataDiscovery() : denied_{std::make_shared<DeniedUsers>()} {}

void PicodataDiscovery::refresh(DiscoveryContext& context) noexcept { PicodataRefresh::start(context, denied_); }

std::shared_ptr<DiscoverySource> picodata_discovery() { return std::make_shared<PicodataDiscovery>(); }

}  // namespace picoxx
