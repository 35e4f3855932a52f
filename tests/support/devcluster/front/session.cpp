#include "session.hpp"

#include "login.hpp"
#include "startup_options.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace picoxx::devcluster {
namespace {

/// Beyond it Picodata begins a ParameterDescription, then breaks off with an error in the midst of it. What that error
/// says has not been recorded: no client can read it.
constexpr std::size_t describable_parameters = 7498;

SqlError internal_error(std::string text) { return {"XX000", std::move(text)}; }
SqlError protocol_violation(std::string text) { return {"08P01", "protocol violation: " + std::move(text)}; }
SqlError not_supported(std::string text) { return {"0A000", "feature is not supported: " + std::move(text)}; }

SqlResult<std::vector<std::int16_t>> spread_formats(std::span<const std::int16_t> formats, std::size_t columns) {
    std::vector<std::int16_t> spread(columns, 0);
    if (formats.size() > 1 && formats.size() != columns)
        return protocol_violation("got " + std::to_string(formats.size()) + " format codes for " +
                                  std::to_string(columns) + " items");
    for (std::size_t i = 0; i < columns && !formats.empty(); ++i)
        spread[i] = formats[formats.size() == 1 ? 0 : i] == 1 ? 1 : 0;
    return spread;
}

/// Counts a session for as long as it lives.
class OpenSession {
public:
    explicit OpenSession(std::atomic<std::uint64_t>& count) : count_{count} { ++count_; }
    ~OpenSession() { --count_; }
    OpenSession(const OpenSession&) = delete;
    OpenSession& operator=(const OpenSession&) = delete;

private:
    std::atomic<std::uint64_t>& count_;
};

const char* name_of(PortalState state) {
    switch (state) {
        case PortalState::not_started: return "NotStarted(..)";
        case PortalState::streaming_rows: return "StreamingRows(..)";
        case PortalState::done: return "Done";
        case PortalState::errored: return "Errored";
    }
    return "";
}

}  // namespace

Session::Session(Instance& instance, ClientSocket& socket)
    : instance_{instance}, socket_{socket}, stream_{socket}, store_{instance.store, instance.next_client_id++} {}

void Session::run() {
    const auto startup = negotiate();
    if (!startup) return;
    auto settings = read_startup(*startup);
    if (!settings) return;
    settings->instance_name = instance_.name;
    settings->instance_uuid = instance_.uuid;
    settings->counts_owners = instance_.counts_owners;
    if (log_in(stream_, instance_, settings->user) == LoginResult::refused) return;
    serve(std::move(*settings));
}

std::optional<StartupMessage> Session::negotiate() {
    const auto demand = instance_.tls_demand.load();
    bool ssl_requested = false;
    while (auto packet = stream_.read_startup()) {
        if (auto* startup = std::get_if<StartupMessage>(&*packet)) {
            if (demand == TlsDemand::off || ssl_requested) return std::move(*startup);
            stream_.out().error("28000", "this server requires the client to use ssl");
            flush();
            return std::nullopt;
        }
        if (!std::holds_alternative<SslRequest>(*packet) || ssl_requested) return std::nullopt;
        ssl_requested = true;
        if (stream_.write_byte(demand == TlsDemand::on ? 'S' : 'N') == SocketResult::closed) return std::nullopt;
        if (demand == TlsDemand::on && socket_.start_tls(instance_.tls) == SocketResult::closed) return std::nullopt;
    }
    return std::nullopt;
}

void Session::send_parameters() {
    auto& out = stream_.out();
    out.parameter_status("server_version", "15.0");
    out.parameter_status("server_encoding", "UTF8");
    out.parameter_status("client_encoding", "UTF8");
    out.parameter_status("DateStyle", "ISO, MDY");
    out.parameter_status("integer_datetimes", "on");
    out.parameter_status("TimeZone", "UTC");
}

void Session::serve(SessionSettings settings) {
    const OpenSession counted{instance_.counters.sessions};
    engine_.emplace(instance_.catalog, std::move(settings));
    send_parameters();
    while (state_ != LoopState::terminated) {
        if (state_ == LoopState::ready_for_query) {
            stream_.out().ready_for_query();
            flush();
        }
        auto message = stream_.read();
        if (!message) return;
        if (const auto* broken = std::get_if<BrokenStream>(&*message)) return break_off(*broken);
        auto& known = std::get<FrontendMessage>(*message);
        if (auto error = std::visit([this](auto& m) { return handle(m); }, known)) recover(*error);
    }
}

void Session::flush() {
    if (stream_.flush() == SocketResult::closed) state_ = LoopState::terminated;
}

void Session::break_off(const BrokenStream& broken) {
    stream_.out().error("58030", "IO error: " + broken.reason);
    flush();
}

void Session::recover(const SqlError& error) {
    stream_.out().error(error.sqlstate, error.message);
    flush();
    while (state_ == LoopState::running_extended_query) {
        const auto message = stream_.read();
        if (!message) {
            state_ = LoopState::terminated;
        } else if (const auto* known = std::get_if<FrontendMessage>(&*message)) {
            if (const auto* sync = std::get_if<SyncMessage>(known)) handle(*sync);
        } else {
            break_off(std::get<BrokenStream>(*message));
            state_ = LoopState::terminated;
        }
    }
}

// ---- simple protocol ----

Session::Failure Session::handle(QueryMessage& message) {
    store_.close_statement("");
    store_.close_portal("");
    if (auto error = parse("", message.text, {})) return error;
    if (auto error = bind("", "", {}, {}, {})) return error;
    const auto portal = store_.portal("");
    if (!portal) return portal.error();
    if (auto error = answer_execution(**portal, std::numeric_limits<std::size_t>::max(),
                                      RowDescriptionStyle::simple_query))
        return error;
    flush();
    if (state_ != LoopState::terminated) state_ = LoopState::ready_for_query;
    return std::nullopt;
}

// ---- extended protocol ----

Session::Failure Session::handle(ParseMessage& message) {
    state_ = LoopState::running_extended_query;
    if (auto error = parse(message.name, message.text, message.oids)) return error;
    if (engine_->settings().metadata == MetadataNotice::on) {
        const auto statement = store_.statement(message.name);
        if (!statement) return statement.error();
        const auto& prepared = (*statement)->prepared;
        if (prepared.is_empty()) return SqlEngine::empty_text_error();  // yet it stays registered
        stream_.out().notice(SqlEngine::metadata_json(prepared));
    }
    stream_.out().parse_complete();
    return std::nullopt;
}

Session::Failure Session::handle(BindMessage& message) {
    state_ = LoopState::running_extended_query;
    if (auto error = bind(std::move(message.portal), message.statement, message.formats, message.values,
                          message.result_formats))
        return error;
    stream_.out().bind_complete();
    return std::nullopt;
}

Session::Failure Session::handle(DescribeMessage& message) {
    state_ = LoopState::running_extended_query;
    auto& out = stream_.out();
    const auto describe = [&](const Prepared& prepared, std::span<const std::int16_t> formats) {
        if (prepared.columns)
            describe_rows(*prepared.columns, formats, RowDescriptionStyle::extended_query);
        else
            out.no_data();
    };
    if (message.target.kind == 'S') {
        const auto statement = store_.statement(message.target.name);
        if (!statement) return statement.error();
        const auto& prepared = (*statement)->prepared;
        if (prepared.parameter_oids.size() > describable_parameters) {
            out.broken_off('t');
            return internal_error("encoding error: out of range integral type conversion attempted");
        }
        out.parameter_description(prepared.parameter_oids);
        describe(prepared, {});
        return std::nullopt;
    }
    if (message.target.kind == 'P') {
        const auto portal = store_.portal(message.target.name);
        if (!portal) return portal.error();
        describe((*portal)->statement->prepared, (*portal)->formats);
        return std::nullopt;
    }
    return protocol_violation("unknown describe type '" +
                              std::to_string(static_cast<unsigned char>(message.target.kind)) + "'");
}

Session::Failure Session::handle(ExecuteMessage& message) {
    state_ = LoopState::running_extended_query;
    const auto portal = store_.portal(message.portal);
    if (!portal) return portal.error();
    const auto max_rows = message.max_rows <= 0 ? std::numeric_limits<std::size_t>::max()
                                                : static_cast<std::size_t>(message.max_rows);
    return answer_execution(**portal, max_rows, RowDescriptionStyle::extended_query);
}

Session::Failure Session::handle(CloseMessage& message) {
    state_ = LoopState::running_extended_query;
    if (message.target.kind == 'S')
        store_.close_statement(message.target.name);
    else if (message.target.kind == 'P')
        store_.close_portal(message.target.name);
    else
        return protocol_violation("unknown close type '" +
                                  std::to_string(static_cast<unsigned char>(message.target.kind)) + "'");
    stream_.out().close_complete();
    return std::nullopt;
}

Session::Failure Session::handle(const SyncMessage&) {
    store_.close_all_portals();
    state_ = LoopState::ready_for_query;
    return std::nullopt;
}

Session::Failure Session::handle(const FlushMessage&) {
    state_ = LoopState::running_extended_query;
    flush();
    return std::nullopt;
}

Session::Failure Session::handle(const TerminateMessage&) {
    state_ = LoopState::terminated;
    return std::nullopt;
}

Session::Failure Session::handle(const PasswordMessage& message) {
    return not_supported("PasswordMessageFamily(Raw(" + debug_bytes(message.data) + "))");
}

Session::Failure Session::handle(const CopyMessage& message) { return not_supported(message.debug_text); }

// ---- what both protocols do ----

Session::Failure Session::parse(std::string name, std::string_view text, std::span<const std::uint32_t> oids) {
    ++instance_.counters.parses;
    if (auto failure = instance_.script.take(FailureStage::parse, text))
        return SqlError{std::move(failure->sqlstate), std::move(failure->text)};
    const auto parsed_at = instance_.script.now();
    auto prepared = engine_->prepare(text, oids);
    if (!prepared) return prepared.error();
    return store_.put_statement({std::move(name), std::move(*prepared), parsed_at}, instance_.store_limits());
}

Session::Failure Session::bind(std::string portal_name, const std::string& statement_name,
                               std::span<const std::int16_t> formats,
                               std::span<const std::optional<std::string>> values,
                               std::span<const std::int16_t> result_formats) {
    const auto statement = store_.statement(statement_name);
    if (!statement) return statement.error();
    const auto& prepared = (*statement)->prepared;
    if (auto failure = instance_.script.take(FailureStage::bind, prepared.text))
        return SqlError{std::move(failure->sqlstate), std::move(failure->text)};
    if (auto refusal = refuse_stale(**statement)) return refusal;
    auto bound = engine_->bind(prepared, statement_name, formats, values);
    if (!bound) return bound.error();
    auto spread = spread_formats(result_formats, prepared.columns ? prepared.columns->size() : 0);
    if (!spread) return spread.error();
    Portal portal{*statement, std::move(*bound), std::move(*spread), {}, {}, 0};
    return store_.put_portal(std::move(portal_name), std::move(portal), instance_.store_limits());
}

Session::Failure Session::refuse_stale(const Statement& statement) const {
    const auto staleness = instance_.script.stale(statement.parsed_at);
    if (!staleness || staleness->answer == Staleness::Answer::at_execute) return std::nullopt;
    if (engine_->settings().invalidation == StatementInvalidation::off) return std::nullopt;
    if (statement.prepared.tables <= TableKind::system) return std::nullopt;
    return SqlEngine::invalidated_error(statement.name);
}

std::optional<ScriptedFailure> Session::planned_failure(const Statement& statement) {
    if (auto failure = instance_.script.take(FailureStage::execute, statement.prepared.text)) return failure;
    const auto staleness = instance_.script.stale(statement.parsed_at);
    if (!staleness || statement.prepared.tables != TableKind::sharded) return std::nullopt;
    return staleness->failure;
}

/// Runs the statement to its end and leaves its rows in the portal.
Session::Failure Session::start(Portal& portal) {
    const auto& prepared = portal.statement->prepared;
    portal.state = PortalState::errored;
    ++instance_.counters.statements;
    if (instance_.gate.wait_for_delay(socket_.closing()) == GateResult::closed) {
        state_ = LoopState::terminated;
        return internal_error("the instance is shutting down");
    }
    if (const auto failure = planned_failure(*portal.statement)) return engine_->fail(prepared, portal.bound, *failure);
    if (prepared.kind == StatementKind::deallocate) {
        if (auto error = store_.deallocate(*prepared.deallocate)) return error;
        portal.result.tag = prepared.deallocate->name ? "DEALLOCATE" : "DEALLOCATE ALL";
    } else {
        auto result = engine_->execute(prepared, portal.bound);
        if (!result) return result.error();
        portal.result = std::move(*result);
        if (portal.result.at_owner) {
            ++(*portal.result.at_owner ? instance_.counters.at_owner : instance_.counters.forwarded);
        }
    }
    portal.state = PortalState::streaming_rows;
    return std::nullopt;
}

Session::Failure Session::answer_execution(Portal& portal, std::size_t max_rows, RowDescriptionStyle style) {
    auto& out = stream_.out();
    if (portal.state == PortalState::done || portal.state == PortalState::errored) {
        const auto state = std::exchange(portal.state, PortalState::errored);
        return internal_error(std::string{"Can't execute portal in state "} + name_of(state));
    }
    if (portal.statement->prepared.is_empty()) {
        portal.state = PortalState::done;
        out.empty_query_response();
        flush();
        return std::nullopt;
    }
    if (portal.state == PortalState::not_started)
        if (auto error = start(portal)) return error;

    auto& result = portal.result;
    if (!result.columns) {
        portal.state = PortalState::done;
        out.command_complete(result.tag);
        return std::nullopt;
    }
    const auto count = std::min(max_rows, result.rows.size() - portal.next_row);
    const bool finished = portal.next_row + count == result.rows.size();
    if (finished) portal.state = PortalState::done;
    if (style == RowDescriptionStyle::simple_query) describe_rows(*result.columns, portal.formats, style);
    if (auto error = send_rows(portal, count)) return error;
    if (finished)
        out.command_complete(result.tag + " " + std::to_string(count));
    else
        out.portal_suspended();
    return std::nullopt;
}

Session::Failure Session::send_rows(Portal& portal, std::size_t count) {
    auto& out = stream_.out();
    const auto& columns = *portal.result.columns;
    const auto first = std::exchange(portal.next_row, portal.next_row + count);
    for (auto row = first; row < first + count; ++row) {
        auto& values = portal.result.rows[row];
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!values[i]) continue;
            const std::int16_t format = i < portal.formats.size() ? portal.formats[i] : 0;
            auto encoded = SqlEngine::encode(*values[i], columns[i].oid, format);
            if (!encoded) return encoded.error();
            *values[i] = std::move(*encoded);
        }
        out.begin_data_row(values.size());
        for (const auto& value : values) out.value(value);
        out.end();
    }
    return std::nullopt;
}

void Session::describe_rows(const std::vector<Column>& columns, std::span<const std::int16_t> formats,
                            RowDescriptionStyle style) {
    auto& out = stream_.out();
    out.begin_row_description(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i)
        out.column(columns[i].name, columns[i].oid, i < formats.size() ? formats[i] : 0, style);
    out.end();
}

}  // namespace picoxx::devcluster
