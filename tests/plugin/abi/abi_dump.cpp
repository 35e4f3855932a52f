// Prints the ABI between picoxx and its plugins: of each port the order of its functions, and how what they pass lies
// in memory.
#include "abi_writer.hpp"

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/discovery_source.hpp>
#include <picoxx/port/log_sink.hpp>
#include <picoxx/port/plugin.h>
#include <picoxx/port/plugin_build.hpp>
#include <picoxx/port/statement_router.hpp>
#include <picoxx/port/transport.hpp>

#include <boost/describe/class.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

BOOST_DESCRIBE_STRUCT(picoxx_plugin_stamp, (),
                      (magic, stamp_size, abi_major, abi_minor, core_version, descriptor_size, flags, build, toolchain,
                       name, version, listing_size, reserved))
BOOST_DESCRIBE_STRUCT(picoxx_plugin_listing, (), (magic, text))
BOOST_DESCRIBE_STRUCT(picoxx_kv, (), (key, key_size, value, value_size))
BOOST_DESCRIBE_STRUCT(picoxx_create_args, (), (size, config_count, config, host))
BOOST_DESCRIBE_STRUCT(picoxx_error, (), (size, code, text))
BOOST_DESCRIBE_STRUCT(picoxx_component, (), (size, interface_version, interface_id, name, summary, create, destroy))
BOOST_DESCRIBE_STRUCT(picoxx_plugin_descriptor, (), (stamp, listing, components, component_count, component_stride))

namespace picoxx {

BOOST_DESCRIBE_STRUCT(Candidate, (),
                      (id, name, tier, replicaset, zone, role, owns_bucket, in_flight, idle, open, max, recent_errors,
                       latency))
BOOST_DESCRIBE_STRUCT(PickContext, (), (random, now, attempt))
BOOST_DESCRIBE_STRUCT(Endpoint, (), (host, port))
BOOST_DESCRIBE_STRUCT(TlsOptions, (),
                      (mode, root_certificate, certificate, key, key_password, revocation_list, minimum_protocol))
BOOST_DESCRIBE_STRUCT(KeepaliveOptions, (), (enabled, idle, interval, count, tcp_user_timeout))
BOOST_DESCRIBE_STRUCT(ConnectOptions, (),
                      (endpoint, address, user, password, database, application_name, server_options,
                       wished_server_options, tls, keepalive, environment, extra))
BOOST_DESCRIBE_STRUCT(TlsState, (), (active, protocol, cipher))
BOOST_DESCRIBE_STRUCT(Parameter, (), (type, format, value))
BOOST_DESCRIBE_STRUCT(Command, (),
                      (kind, statement, sql, parameters, result_format, delivery, row_limit, sync, describe))
BOOST_DESCRIBE_STRUCT(Column, (), (name, type, format))
BOOST_DESCRIBE_STRUCT(FieldView, (), (data, size))
BOOST_DESCRIBE_STRUCT(Notice, (), (sqlstate, severity, message))
BOOST_DESCRIBE_STRUCT(CommandTag, (), (text, affected_rows))
BOOST_DESCRIBE_STRUCT(Error, (), (code, effect, server_condition, text, sqlstate, server_text, node, statement))
BOOST_DESCRIBE_STRUCT(Node, (),
                      (id, name, endpoint, tier, replicaset, replicaset_name, zone, version, role, availability,
                       incarnation))
BOOST_DESCRIBE_STRUCT(Tier, (), (name, bucket_count))
BOOST_DESCRIBE_STRUCT(Topology, (), (nodes, tiers, answered_by))
BOOST_DESCRIBE_STRUCT(RouteHint, (), (owner, bucket, asks))
BOOST_DESCRIBE_STRUCT(LogRecord, (), (level, component, node, message))

namespace abi {
namespace {

// Who passes a type, so whose version changes with it.
constexpr const char* plugin_abi = "plugin_abi";
constexpr const char* strategies = "picoxx.balance_strategy";
constexpr const char* transports = "picoxx.transport";
constexpr const char* sources = "picoxx.discovery_source";
constexpr const char* routers = "picoxx.statement_router";
constexpr const char* sinks = "picoxx.log_sink";
const std::string cluster = std::string{sources} + ' ' + routers;
const std::string answers = std::string{transports} + ' ' + cluster;

template <class Function>
std::pair<const char*, Function> named(const char* name, Function function) {
    return {name, function};
}

void write_descriptor(Writer& writer) {
    constexpr auto whole = Completeness::without_gap;
    writer.record<picoxx_plugin_stamp, whole>(plugin_abi);
    writer.record<picoxx_plugin_listing, whole>(plugin_abi);
    writer.record<picoxx_plugin_descriptor, whole>(plugin_abi);
    writer.record<picoxx_component, whole>(plugin_abi);
    writer.record<picoxx_create_args, whole>(plugin_abi);
    writer.record<picoxx_kv, whole>(plugin_abi);
    writer.record<picoxx_error, whole>(plugin_abi);
    writer.enumeration<Errc>(plugin_abi);  // a new code is something optional
}

void write_ports(Writer& writer) {
    writer.port<BalanceStrategy>(named("pick", &BalanceStrategy::pick));
    writer.port<Transport>(named("open", &Transport::open));
    writer.port<DiscoverySource>(named("refresh", &DiscoverySource::refresh));
    writer.port<StatementRouter>(
        named("route", &StatementRouter::route), named("on_notice", &StatementRouter::on_notice),
        named("on_invalidated", &StatementRouter::on_invalidated), named("on_topology", &StatementRouter::on_topology),
        named("refresh", &StatementRouter::refresh));
    writer.port<LogSink>(named("level", &LogSink::level), named("write", &LogSink::write));
}

void write_passed_classes(Writer& writer) {
    writer.passed<Session>(
        transports, named("socket", &Session::socket), named("interest", &Session::interest),
        named("state", &Session::state), named("advance", &Session::advance), named("submit", &Session::submit),
        named("resume", &Session::resume), named("in_flight", &Session::in_flight), named("close", &Session::close),
        named("failure", &Session::failure), named("tls", &Session::tls),
        named("server_parameter", &Session::server_parameter), named("extension", &Session::extension));
    writer.passed<ResponseSink>(answers, named("on_notice", &ResponseSink::on_notice),
                                named("on_described", &ResponseSink::on_described),
                                named("on_rows", &ResponseSink::on_rows), named("on_result", &ResponseSink::on_result),
                                named("on_error", &ResponseSink::on_error));
    writer.passed<RowBlock>(answers, named("row_count", &RowBlock::row_count),
                            named("column_count", &RowBlock::column_count), named("column", &RowBlock::column),
                            named("field", &RowBlock::field), named("read_row", &RowBlock::read_row));
    writer.passed<DiscoveryContext>(cluster, named("endpoint", &DiscoveryContext::endpoint),
                                    named("user", &DiscoveryContext::user), named("query", &DiscoveryContext::query),
                                    named("publish", &DiscoveryContext::publish),
                                    named("fail", &DiscoveryContext::fail));
}

void write_passed_values(Writer& writer) {
    writer.record<Candidate>(strategies);
    writer.record<PickContext>(strategies);
    writer.enumeration<NodeRole>(strategies + (' ' + cluster));

    writer.record<ConnectOptions>(transports);
    writer.record<TlsOptions>(transports);
    writer.record<KeepaliveOptions>(transports);
    writer.enumeration<TlsMode>(transports);
    writer.enumeration<Environment>(transports);
    writer.record<TlsState>(transports);
    writer.enumeration<Interest>(transports);
    writer.enumeration<SessionState>(transports);
    writer.record<Command>(transports);
    writer.enumeration<Command::Kind>(transports);
    writer.enumeration<Command::Delivery>(transports);
    writer.enumeration<Command::Sync>(transports);
    writer.enumeration<Command::Describe>(transports);
    writer.opaque<Status>(transports);
    writer.opaque<Result<std::unique_ptr<Session>>>(transports);

    writer.record<Endpoint>(answers);
    writer.record<Parameter>(answers);
    writer.enumeration<Format>(answers);
    writer.opaque<CStringView>(answers);
    writer.record<Column>(answers);
    writer.record<FieldView>(answers);
    writer.record<Notice>(answers);
    writer.record<CommandTag>(answers);
    writer.enumeration<Flow>(answers);
    writer.record<Error>(answers);
    writer.enumeration<Effect>(answers);
    writer.enumeration<Condition>(answers);

    writer.record<Topology>(cluster);
    writer.record<Node>(cluster);
    writer.record<Tier>(cluster);
    writer.enumeration<Availability>(cluster);
    writer.record<RouteHint>(routers);
    writer.enumeration<StatementRouter::Route>(routers);

    writer.record<LogRecord>(sinks);
    writer.enumeration<LogLevel>(sinks);
}

}  // namespace
}  // namespace abi
}  // namespace picoxx

int main() {
    try {
        std::cout << "build " PICOXX_PLUGIN_CPU ";" PICOXX_PLUGIN_CXX_ABI ";" PICOXX_PLUGIN_STDLIB "\n"
                  << "plugin_abi version " << PICOXX_PLUGIN_ABI_MAJOR << '.' << PICOXX_PLUGIN_ABI_MINOR << '\n';
        picoxx::abi::Writer writer{std::cout};
        picoxx::abi::write_descriptor(writer);
        picoxx::abi::write_ports(writer);
        picoxx::abi::write_passed_classes(writer);
        picoxx::abi::write_passed_values(writer);
    } catch (const std::exception& failure) {
        std::cerr << "picoxx_abi_dump: " << failure.what() << '\n';
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
