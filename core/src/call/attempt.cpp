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
    if (connection_->session().state() == SessionState::ready) {
        if (refusal == Refusal::stale) verdict.kind = Verdict::Kind::refused_stale;
        if (refusal == Refusal::store_full) verdict.kind = Verdict::Kind::refused_full;
    } else if (outcome_.error != nullptr && outcome_.error->code == Errc::connection_lost) {
        const bool said = !outcome_.error->sqlstate.empty() || outcome_.error->effect == Effect::none;
        verdict.kind = said ? Verdict::Kind::lost : Verdict::Kind::lost_silently;
    }
    if (outcome_.error != nullptr) verdict.effect = outcome_.error->effect;
    return verdict;
}

}  // namespace picoxx
