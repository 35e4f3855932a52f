#include "owned_command.hpp"

#include <cstring>
#include <string_view>

namespace picoxx::libpq {
namespace {

class Writer {
public:
    explicit Writer(char* to) noexcept : to_{to} {}

    std::string_view append(const void* bytes, std::size_t size) noexcept {
        char* const start = to_;
        if (size != 0) std::memcpy(start, bytes, size);
        start[size] = '\0';
        to_ += size + 1;
        return {start, size};
    }
    CStringView append(CStringView text) noexcept {
        return CStringView::from_terminated(append(text.view().data(), text.size()));
    }

private:
    char* to_;
};

}  // namespace

OwnedCommand::OwnedCommand(const Command& command)
    : parameters_{command.parameters.begin(), command.parameters.end()}, command_{command} {
    std::size_t size = command.statement.size() + command.sql.size() + 2;
    for (const Parameter& parameter : parameters_) {
        if (parameter.value) size += parameter.value->size() + 1;
    }
    bytes_ = std::make_unique<char[]>(size);
    Writer writer{bytes_.get()};
    command_.statement = writer.append(command.statement);
    command_.sql = writer.append(command.sql);
    for (Parameter& parameter : parameters_) {
        if (!parameter.value) continue;
        const std::string_view copy = writer.append(parameter.value->data(), parameter.value->size());
        parameter.value = std::as_bytes(std::span{copy.data(), copy.size()});
    }
    command_.parameters = parameters_;
}

}  // namespace picoxx::libpq
