#include "call/next_step.hpp"

namespace picoxx {
namespace {

// These bound only attempts that executed nothing.
constexpr std::uint32_t most_attempts = 4;
constexpr std::uint32_t most_refusals = 2;
// And this those that may have.
constexpr std::uint32_t most_in_doubt = 1;

}  // namespace

NextStep next_step(const Verdict& verdict, const Attempts& attempts, Idempotence idempotence,
                   Duration time_left) noexcept {
    if (time_left <= Duration::zero() || attempts.made >= most_attempts) return NextStep::finish;
    switch (verdict.kind) {
        case Verdict::Kind::answered: return NextStep::finish;
        case Verdict::Kind::refused_stale:
        case Verdict::Kind::refused_full:
            return attempts.refused <= most_refusals ? NextStep::repeat_here : NextStep::finish;
        case Verdict::Kind::refused_stuck:
            return attempts.refused <= most_refusals ? NextStep::repeat_anywhere : NextStep::finish;
        case Verdict::Kind::lost:
        case Verdict::Kind::lost_silently: break;
    }
    if (verdict.effect == Effect::none) return NextStep::repeat_anywhere;
    if (idempotence != Idempotence::yes || attempts.in_doubt > most_in_doubt) return NextStep::finish;
    return verdict.kind == Verdict::Kind::lost_silently ? NextStep::repeat_if_the_node_lives
                                                        : NextStep::repeat_anywhere;
}

}  // namespace picoxx
