#include "call/attempt.hpp"

namespace picoxx {

Verdict Attempt::judge(const Error& error) const noexcept {
    Verdict verdict{Verdict::Kind::answered, error.effect};
    if (error.code == Errc::connection_lost) {
        // Also where the session did not take the statement and has not noticed more itself.
        const bool said = !error.sqlstate.empty() || error.effect == Effect::none;
        verdict.kind = said ? Verdict::Kind::lost : Verdict::Kind::lost_silently;
    } else if (connection_->session().state() == SessionState::ready) {
        const Refusal refusal = connection_->exchange().refusal();
        if (refusal == Refusal::stale) verdict.kind = Verdict::Kind::refused_stale;
        if (refusal == Refusal::store_full) verdict.kind = Verdict::Kind::refused_full;
        if (refusal == Refusal::store_stuck) verdict.kind = Verdict::Kind::refused_stuck;
    }
    return verdict;
}

}  // namespace picoxx
