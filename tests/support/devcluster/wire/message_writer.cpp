#include "message_writer.hpp"

namespace picoxx::devcluster {

void MessageWriter::put_int16(std::size_t number) {
    bytes_ += static_cast<char>((number >> 8) & 0xff);
    bytes_ += static_cast<char>(number & 0xff);
}

void MessageWriter::put_int32(std::uint32_t number) {
    put_int16(number >> 16);
    put_int16(number & 0xffff);
}

void MessageWriter::put_string(std::string_view text) {
    bytes_ += text;
    bytes_ += '\0';
}

void MessageWriter::begin(char type) {
    bytes_ += type;
    length_at_ = bytes_.size();
    put_int32(0);
}

void MessageWriter::end() {
    const auto length = bytes_.size() - length_at_;
    for (std::size_t i = 0; i < 4; ++i) bytes_[length_at_ + i] = static_cast<char>((length >> (24 - 8 * i)) & 0xff);
}

void MessageWriter::bare(char type) {
    begin(type);
    end();
}

void MessageWriter::authentication(AuthCode code, std::string_view data) {
    begin('R');
    put_int32(static_cast<std::uint32_t>(code));
    bytes_ += data;
    end();
}

void MessageWriter::parameter_status(std::string_view name, std::string_view value) {
    begin('S');
    put_string(name);
    put_string(value);
    end();
}

void MessageWriter::ready_for_query() {
    begin('Z');
    bytes_ += 'I';
    end();
}

void MessageWriter::fields(char type, std::string_view severity, std::string_view sqlstate, std::string_view message) {
    begin(type);
    bytes_ += 'S';
    put_string(severity);
    bytes_ += 'C';
    put_string(sqlstate);
    bytes_ += 'M';
    put_string(message);
    bytes_ += '\0';
    end();
}

void MessageWriter::error(std::string_view sqlstate, std::string_view message) {
    fields('E', "ERROR", sqlstate, message);
}

void MessageWriter::notice(std::string_view message) { fields('N', "NOTICE", "00000", message); }

void MessageWriter::command_complete(std::string_view tag) {
    begin('C');
    put_string(tag);
    end();
}

void MessageWriter::parameter_description(std::span<const std::uint32_t> oids) {
    begin('t');
    put_int16(oids.size());
    for (const auto oid : oids) put_int32(oid);
    end();
}

void MessageWriter::begin_row_description(std::size_t columns) {
    begin('T');
    put_int16(columns);
}

void MessageWriter::column(std::string_view name, std::uint32_t oid, std::int16_t format, RowDescriptionStyle style) {
    put_string(name);
    put_int32(0);  // table
    put_int16(0);  // attribute
    put_int32(oid);
    put_int16(0);  // size
    put_int32(style == RowDescriptionStyle::simple_query ? 0 : 0xffffffffU);
    put_int16(static_cast<std::size_t>(format));
}

void MessageWriter::begin_data_row(std::size_t values) {
    begin('D');
    put_int16(values);
}

void MessageWriter::value(const std::optional<std::string>& value) {
    if (!value) return put_int32(0xffffffffU);
    put_int32(static_cast<std::uint32_t>(value->size()));
    bytes_ += *value;
}

}  // namespace picoxx::devcluster
