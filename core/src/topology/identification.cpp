#include "topology/identification.hpp"

#include <new>

namespace picoxx {

void Identification::start(ClientCore& core, std::unique_ptr<Connection> connection) noexcept {
    try {
        core.spawn(std::make_unique<Identification>(core, std::move(connection)));
    } catch (const std::bad_alloc&) {
        if (connection != nullptr)
            core.with_engine([&](Engine& engine) { engine.identification_failed(std::move(connection)); });
    }
}

Identification::Identification(ClientCore& core, std::unique_ptr<Connection>&& connection)
    : core_{core},
      question_{core.with_engine([&](Engine&) { return connection->node().info.endpoint; }),
                core.settings().connect.user, connection->session()},
      connection_{std::move(connection)} {}

Identification::~Identification() { Identification::let_go(); }

void Identification::let_go() noexcept {
    if (connection_ == nullptr) return;
    connection_->session().close();  // the source hears of it, if it still asks
    core_.with_engine([&](Engine& engine) { engine.identification_failed(std::move(connection_)); });
}

Await Identification::resume(const Wakeup& wakeup, TimePoint now) {
    Session& session = connection_->session();
    switch (wakeup.kind) {
        case Wakeup::Kind::start:
            until_ = later(now, core_.settings().discovery.timeout);
            core_.settings().discovery_source->refresh(question_);
            break;
        case Wakeup::Kind::ready: session.advance(wakeup.ready); break;
        case Wakeup::Kind::turn:
        case Wakeup::Kind::resolved: break;
        case Wakeup::Kind::expired:
        case Wakeup::Kind::cancelled: let_go(); return {};
    }
    const auto& id = question_.id();
    if (session.state() == SessionState::ready && !id) return Await::for_io(session, until_);
    if (!id || !connection_->at_rest()) {
        let_go();
        return {};
    }
    connection_->used(now);
    core_.with_engine([&](Engine& engine) { engine.identified(std::move(connection_), *id, now); });
    return {};
}

}  // namespace picoxx
