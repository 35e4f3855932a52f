#pragma once

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/discovery_source.hpp>
#include <picoxx/port/log_sink.hpp>
#include <picoxx/port/response_sink.hpp>
#include <picoxx/port/session.hpp>
#include <picoxx/port/statement_router.hpp>
#include <picoxx/port/transport.hpp>

#include <gmock/gmock.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace picoxx::testing {

/// Opens nothing unless told: `unsupported`.
class MockTransport : public Transport {
public:
    MockTransport() {
        ON_CALL(*this, open).WillByDefault([](const ConnectOptions&) {
            return Result<std::unique_ptr<Session>>{make_error(Errc::unsupported, "MockTransport opens nothing")};
        });
    }
    MOCK_METHOD(Result<std::unique_ptr<Session>>, open, (const ConnectOptions& options), (noexcept, override));
};

/// Closed and without a socket unless told.
class MockSession : public Session {
public:
    MockSession() {
        ON_CALL(*this, socket).WillByDefault(::testing::Return(no_socket));
        ON_CALL(*this, state).WillByDefault(::testing::Return(SessionState::closed));
        ON_CALL(*this, advance).WillByDefault(::testing::Return(SessionState::closed));
    }
    MOCK_METHOD(NativeSocket, socket, (), (const, noexcept, override));
    MOCK_METHOD(Interest, interest, (), (const, noexcept, override));
    MOCK_METHOD(SessionState, state, (), (const, noexcept, override));
    MOCK_METHOD(SessionState, advance, (Interest ready), (noexcept, override));
    MOCK_METHOD(Status, submit, (const Command& command, ResponseSink& sink), (noexcept, override));
    MOCK_METHOD(void, resume, (), (noexcept, override));
    MOCK_METHOD(std::size_t, in_flight, (), (const, noexcept, override));
    MOCK_METHOD(void, close, (), (noexcept, override));
    MOCK_METHOD(const Error*, failure, (), (const, noexcept, override));
    MOCK_METHOD(TlsState, tls, (), (const, noexcept, override));
    MOCK_METHOD(std::string_view, server_parameter, (CStringView name), (const, noexcept, override));
    MOCK_METHOD(void*, extension, (std::string_view name), (noexcept, override));
};

class MockResponseSink : public ResponseSink {
public:
    virtual ~MockResponseSink() = default;
    MOCK_METHOD(void, on_notice, (const Notice& notice), (noexcept, override));
    MOCK_METHOD(void, on_described, (std::span<const Oid> parameters, std::span<const Column> columns),
                (noexcept, override));
    MOCK_METHOD(Flow, on_rows, (std::unique_ptr<RowBlock> block), (noexcept, override));
    MOCK_METHOD(void, on_result, (std::unique_ptr<RowBlock> rows, const CommandTag& tag), (noexcept, override));
    MOCK_METHOD(void, on_error, (Error error), (noexcept, override));
};

class MockBalanceStrategy : public BalanceStrategy {
public:
    MOCK_METHOD(std::size_t, pick, (std::span<const Candidate> candidates, const PickContext& context),
                (noexcept, override));
};

class MockDiscoverySource : public DiscoverySource {
public:
    MOCK_METHOD(void, refresh, (DiscoveryContext & context), (noexcept, override));
};

/// Answers `endpoint()` with 127.0.0.1:4327 and `user()` with `app` unless told.
class MockDiscoveryContext : public DiscoveryContext {
public:
    MockDiscoveryContext() {
        ON_CALL(*this, endpoint).WillByDefault(::testing::ReturnRef(endpoint_));
        ON_CALL(*this, user).WillByDefault(::testing::Return(std::string_view{"app"}));
    }
    virtual ~MockDiscoveryContext() = default;
    MOCK_METHOD(const Endpoint&, endpoint, (), (const, noexcept, override));
    MOCK_METHOD(std::string_view, user, (), (const, noexcept, override));
    MOCK_METHOD(void, query, (CStringView sql, std::span<const Parameter> parameters, ResponseSink& sink),
                (noexcept, override));
    MOCK_METHOD(void, publish, (Topology topology), (noexcept, override));
    MOCK_METHOD(void, fail, (Error error), (noexcept, override));

private:
    Endpoint endpoint_{"127.0.0.1", 4327};
};

class MockStatementRouter : public StatementRouter {
public:
    MOCK_METHOD(Route, route, (CStringView sql, std::span<const Parameter> parameters, RouteHint& hint),
                (noexcept, override));
    MOCK_METHOD(void, on_notice, (const Notice& notice), (noexcept, override));
    MOCK_METHOD(void, on_invalidated, (CStringView sql), (noexcept, override));
    MOCK_METHOD(void, on_topology, (const Topology& topology), (noexcept, override));
    MOCK_METHOD(void, refresh, (DiscoveryContext & context), (noexcept, override));
};

class MockLogSink : public LogSink {
public:
    MOCK_METHOD(LogLevel, level, (), (const, noexcept, override));
    MOCK_METHOD(void, write, (const LogRecord& record), (noexcept, override));
};

}  // namespace picoxx::testing
