#include "bound_parameters.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace picoxx::libpq {
namespace {

bool holds_nul(std::span<const std::byte> value) noexcept {
    return !value.empty() && std::memchr(value.data(), 0, value.size()) != nullptr;
}

// libpq ends a text value at its first NUL. The binary form of these types is the same bytes, with their length.
bool text_equals_binary(Oid type) noexcept { return type == oid::text || type == oid::varchar; }

Error wrong(std::string text) { return make_error(Errc::invalid_argument, std::move(text)); }

Error too_long(std::size_t bytes) {
    return wrong("the statement and its parameters take " + std::to_string(bytes) +
                 " bytes, more than the limit of a message, " + std::to_string(BoundParameters::max_bytes));
}

Error too_long(std::span<const Parameter> parameters, std::size_t bytes) {
    for (const Parameter& parameter : parameters) bytes += parameter.value ? parameter.value->size() : 0;
    return too_long(bytes);
}

Error holds_nul_byte(std::size_t index) {
    return wrong("parameter $" + std::to_string(index + 1) +
                 " holds a NUL byte, which only the types text and varchar can carry");
}

}  // namespace

Status BoundParameters::bind(std::span<const Parameter> parameters, std::size_t statement_bytes) {
    const std::size_t count = parameters.size();
    if (Status begun = begin(count, statement_bytes); !begun.ok()) return begun;
    Oid* const types = types_.data();
    const char** const values = values_.data();
    int* const lengths = lengths_.data();
    int* const formats = formats_.data();
    std::size_t bytes = bytes_;
    for (std::size_t i = 0; i < count; ++i) {
        const Parameter& parameter = parameters[i];
        types[i] = parameter.type;
        formats[i] = static_cast<int>(parameter.format);
        if (!parameter.value) {
            values[i] = nullptr;
            lengths[i] = 0;
            continue;
        }
        const std::span<const std::byte> value = *parameter.value;
        bytes += value.size();
        if (bytes > max_bytes) return too_long(parameters, statement_bytes);
        // An empty span may have no address, which libpq would take for NULL.
        values[i] = value.data() == nullptr ? "" : reinterpret_cast<const char*>(value.data());
        lengths[i] = static_cast<int>(value.size());
        if (parameter.format == Format::text && holds_nul(value)) {
            if (!text_equals_binary(parameter.type)) return holds_nul_byte(i);
            formats[i] = static_cast<int>(Format::binary);
        }
    }
    bytes_ = bytes;
    return {};
}

Status BoundParameters::bind_types(std::span<const Parameter> parameters, std::size_t statement_bytes) {
    if (Status begun = begin(parameters.size(), statement_bytes); !begun.ok()) return begun;
    std::transform(parameters.begin(), parameters.end(), types_.begin(),
                   [](const Parameter& parameter) { return parameter.type; });
    return {};
}

Status BoundParameters::begin(std::size_t count, std::size_t statement_bytes) {
    if (count > max_count) {
        return wrong(std::to_string(count) + " parameters are more than the protocol's " + std::to_string(max_count));
    }
    constexpr std::size_t bytes_around_a_value = 8;
    bytes_ = statement_bytes + count * bytes_around_a_value;
    if (bytes_ > max_bytes) return too_long(bytes_);
    if (count != types_.size()) {
        types_.resize(count);
        values_.resize(count);
        lengths_.resize(count);
        formats_.resize(count);
    }
    return {};
}

}  // namespace picoxx::libpq
