#include "wire_client.hpp"

#include <array>
#include <cerrno>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10'000ms;

bool is_readable(int socket, std::chrono::milliseconds limit) {
    pollfd watched{socket, POLLIN, 0};
    return ::poll(&watched, 1, static_cast<int>(limit.count())) > 0;
}

Answer read_result(PGresult* result) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> owned{result, &PQclear};
    Answer answer;
    const auto status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        answer.sqlstate = sqlstate ? sqlstate : "";
        answer.error = message ? message : PQresultErrorMessage(result);
        return answer;
    }
    answer.tag = PQcmdStatus(result);
    for (int row = 0; row < PQntuples(result); ++row) {
        auto& values = answer.rows.emplace_back();
        for (int i = 0; i < PQnfields(result); ++i) values.emplace_back(PQgetvalue(result, row, i));
    }
    return answer;
}

}  // namespace

WireClient::WireClient(std::uint16_t port, const Login& login)
    : connection_{PQconnectdb(("host=127.0.0.1 connect_timeout=10 gssencmode=disable port=" + std::to_string(port) +
                               " user='" + login.user + "' password='" + login.password + "' " + login.more)
                                  .c_str())} {}

bool WireClient::is_connected() const { return PQstatus(native()) == CONNECTION_OK; }

std::string WireClient::error() const { return PQerrorMessage(native()); }

Answer WireClient::run(const std::string& sql) {
    send(sql);
    return receive();
}

Answer WireClient::run(const std::string& sql, const std::vector<std::string>& parameters) {
    std::vector<const char*> values;
    for (const auto& parameter : parameters) values.push_back(parameter.c_str());
    PQsendQueryParams(native(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr,
                      0);
    return receive();
}

Answer WireClient::prepare(const std::string& name, const std::string& sql) {
    PQsendPrepare(native(), name.c_str(), sql.c_str(), 0, nullptr);
    return receive();
}

Answer WireClient::execute(const std::string& name, const std::vector<std::string>& parameters) {
    std::vector<const char*> values;
    for (const auto& parameter : parameters) values.push_back(parameter.c_str());
    PQsendQueryPrepared(native(), name.c_str(), static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0);
    return receive();
}

void WireClient::send(const std::string& sql) { PQsendQuery(native(), sql.c_str()); }

bool WireClient::hears_something(std::chrono::milliseconds limit) const {
    return is_readable(PQsocket(native()), limit);
}

bool WireClient::is_ended_by_server() {
    if (!hears_something(patience)) return false;
    std::array<char, 1> byte{};
    return ::recv(PQsocket(native()), byte.data(), byte.size(), MSG_PEEK | MSG_DONTWAIT) == 0;
}

Answer WireClient::receive() {
    Answer answer;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
        while (PQisBusy(native())) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline -
                                                                                    std::chrono::steady_clock::now());
            if (left <= 0ms || !hears_something(left)) {
                answer.error = "no answer in time";
                return answer;
            }
            PQconsumeInput(native());
        }
        PGresult* result = PQgetResult(native());
        if (!result) return answer;
        answer = read_result(result);
    }
}

Reach reach(std::uint16_t port, std::chrono::milliseconds limit) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto result = Reach::refused;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        constexpr std::string_view packet{"\0\0\0\x14\0\3\0\0user\0admin\0\0", 20};
        (void)!::write(socket, packet.data(), packet.size());
        result = is_readable(socket, limit) ? Reach::answered : Reach::silent;
    }
    ::close(socket);
    return result;
}

bool wait_a_moment(std::chrono::steady_clock::time_point deadline) {
    std::this_thread::sleep_for(2ms);
    return std::chrono::steady_clock::now() < deadline;
}

}  // namespace picoxx::testing
