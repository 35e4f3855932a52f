#include "sim_strategies.hpp"

#include <algorithm>
#include <cstddef>

namespace picoxx::simulation {
namespace {

class InTurn final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext&) noexcept override {
        return turn_++ % candidates.size();
    }

private:
    std::size_t turn_ = 0;
};

class AtRandom final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept override {
        return context.random % candidates.size();
    }
};

class ByLoad final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext&) noexcept override {
        const auto least = std::min_element(
            candidates.begin(), candidates.end(),
            [](const Candidate& left, const Candidate& right) { return left.in_flight < right.in_flight; });
        return static_cast<std::size_t>(least - candidates.begin());
    }
};

class FirstOnly final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate>, const PickContext&) noexcept override { return 0; }
};

class Senseless final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept override {
        return context.random % 3 == 0 ? npos : context.random % (candidates.size() + 2);
    }
};

}  // namespace

NamedStrategy any_strategy(World& world) {
    switch (world.below(6)) {
        case 0: return {std::make_shared<AtRandom>(), "at_random"};
        case 1: return {std::make_shared<ByLoad>(), "by_load"};
        case 2: return {std::make_shared<FirstOnly>(), "first_only"};
        case 3: return {std::make_shared<Senseless>(), "senseless"};
        default: return {std::make_shared<InTurn>(), "in_turn"};
    }
}

}  // namespace picoxx::simulation
