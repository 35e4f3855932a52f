#pragma once

#include <picoxx/port/command.hpp>
#include <picoxx/port/response_sink.hpp>
#include <picoxx/port/session.hpp>

#include <span>
#include <utility>

namespace picoxx {

/// What DiscoveryContext::query does over a session.
inline void put_question(Session& session, CStringView sql, std::span<const Parameter> parameters,
                         ResponseSink& sink) noexcept {
    Command command;
    command.kind = Command::Kind::execute;
    command.sql = sql;
    command.parameters = parameters;
    Status status = session.submit(command, sink);
    if (!status.ok()) sink.on_error(std::move(status).error());
}

}  // namespace picoxx
