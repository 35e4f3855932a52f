#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// Request codes of AuthenticationXXX messages.
enum class AuthCode : std::uint32_t {
    ok = 0,
    cleartext_password = 3,
    md5_password = 5,
    sasl = 10,
    sasl_continue = 11,
    sasl_final = 12
};

/// Which of the two typmods Picodata writes into a RowDescription.
enum class RowDescriptionStyle { simple_query, extended_query };

/// Encodes the messages a server sends, one after another, into one buffer.
class MessageWriter {
public:
    void authentication(AuthCode code, std::string_view data = {});
    void parameter_status(std::string_view name, std::string_view value);
    void ready_for_query();
    void error(std::string_view sqlstate, std::string_view message);
    void notice(std::string_view message);

    void parse_complete() { bare('1'); }
    void bind_complete() { bare('2'); }
    void close_complete() { bare('3'); }
    void no_data() { bare('n'); }
    void portal_suspended() { bare('s'); }
    void empty_query_response() { bare('I'); }
    void command_complete(std::string_view tag);
    void parameter_description(std::span<const std::uint32_t> oids);
    /// The first byte of a message that never comes.
    void broken_off(char type) { bytes_ += type; }

    /// A RowDescription is opened, then has exactly `columns` columns added, then is closed by end().
    void begin_row_description(std::size_t columns);
    void column(std::string_view name, std::uint32_t oid, std::int16_t format, RowDescriptionStyle style);
    /// Likewise a DataRow with its values.
    void begin_data_row(std::size_t values);
    void value(const std::optional<std::string>& value);
    void end();

    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    void clear() noexcept { bytes_.clear(); }

private:
    void begin(char type);
    void bare(char type);
    void fields(char type, std::string_view severity, std::string_view sqlstate, std::string_view message);
    void put_int16(std::size_t number);
    void put_int32(std::uint32_t number);
    void put_string(std::string_view text);

    std::string bytes_;
    std::size_t length_at_ = 0;
};

}  // namespace picoxx::devcluster
