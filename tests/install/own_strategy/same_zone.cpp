// A strategy from outside of picoxx: it knows the ports, and nothing else.
#include "same_zone.hpp"

#include <utility>

namespace {

class SameZone final : public picoxx::BalanceStrategy {
public:
    explicit SameZone(std::string zone) : zone_{std::move(zone)} {}

    std::size_t pick(std::span<const picoxx::Candidate> candidates, const picoxx::PickContext&) noexcept override {
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (candidates[i].zone == zone_) return i;
        }
        return 0;
    }

private:
    std::string zone_;
};

}  // namespace

std::shared_ptr<picoxx::BalanceStrategy> same_zone(std::string zone) {
    return std::make_shared<SameZone>(std::move(zone));
}
