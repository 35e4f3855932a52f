#include "result_error.hpp"

#include <new>
#include <string_view>

namespace picoxx::libpq {
namespace {

std::string_view first_line(std::string_view text) noexcept { return text.substr(0, text.find('\n')); }

}  // namespace

std::string_view error_field(const PGresult* result, int code) noexcept {
    const char* const text = PQresultErrorField(result, code);
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

bool is_fatal(const PGresult* result) noexcept {
    // Picodata sends no non-localized severity.
    std::string_view severity = error_field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity.empty()) severity = error_field(result, PG_DIAG_SEVERITY);
    return severity == "FATAL" || severity == "PANIC";
}

bool is_from_server(const PGresult* result) noexcept { return PQresultErrorField(result, PG_DIAG_SQLSTATE) != nullptr; }

Error error_from(const PGresult* result, const std::string& node) noexcept {
    Error error;
    error.effect = Effect::unknown;
    try {
        if (is_from_server(result)) {
            error.code = Errc::server_error;
            error.sqlstate = error_field(result, PG_DIAG_SQLSTATE);
            error.server_text = error_field(result, PG_DIAG_MESSAGE_PRIMARY);
            error.text = "the server reported an error";
        } else {
            const std::string_view words = first_line(PQresultErrorMessage(result));
            error.code = words.find("out of memory") != std::string_view::npos ? Errc::out_of_memory
                                                                               : Errc::protocol_error;
            error.text = words;
        }
        error.node = node;
    } catch (const std::bad_alloc&) {
        if (error.code == Errc::ok) error.code = Errc::out_of_memory;
    }
    return error;
}

}  // namespace picoxx::libpq
