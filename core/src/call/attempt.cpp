#include "call/attempt.hpp"

namespace picoxx {

void Attempt::repeat(const StatementView& statement, StatementRouter* router, TimePoint now) noexcept {
    started_ = now;
    Session& session = connection_->session();
    connection_->exchange().start(session, statement, router);
    // Where it broke while sending, its sinks hear it now.
    if (session.state() == SessionState::closed) session.advance(Interest::none);
}

std::optional<Verdict> Attempt::verdict() {
    Exchange& exchange = connection_->exchange();
    if (!exchange.done()) return std::nullopt;

    outcome_ = exchange.take_outcome();
    const Refusal refusal = exchange.refusal();
    Verdict verdict;
    if (outcome_.error == nullptr) return verdict;
    verdict.effect = outcome_.error->effect;
    if (outcome_.error->code == Errc::connection_lost) {
        // Also where the session did not take the statement and has not noticed more itself.
        const bool said = !outcome_.error->sqlstate.empty() || verdict.effect == Effect::none;
        verdict.kind = said ? Verdict::Kind::lost : Verdict::Kind::lost_silently;
    } else if (connection_->session().state() == SessionState::ready) {
        if (refusal == Refusal::stale) verdict.kind = Verdict::Kind::refused_stale;
        if (refusal == Refusal::store_full) verdict.kind = Verdict::Kind::refused_full;
    }
    return verdict;
}

}  // namespace picoxx
