#include "bound_parameters.hpp"

#include <cstring>
#include <limits>

namespace picoxx::libpq {
namespace {

bool holds_nul(std::span<const std::byte> value) noexcept {
    return !value.empty() && std::memchr(value.data(), 0, value.size()) != nullptr;
}

// libpq ends a text value at its first NUL. The binary form of these types is the same bytes, with their length.
bool text_equals_binary(Oid type) noexcept { return type == oid::text || type == oid::varchar; }

}  // namespace

void BoundParameters::bind(std::span<const Parameter> parameters) {
    const std::size_t count = parameters.size();
    if (count != types_.size()) resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Parameter& parameter = parameters[i];
        types_[i] = parameter.type;
        formats_[i] = static_cast<int>(parameter.format);
        if (!parameter.value) {
            values_[i] = nullptr;
            lengths_[i] = 0;
            continue;
        }
        // An empty span may have no address, which libpq would take for NULL.
        values_[i] = parameter.value->data() == nullptr ? "" : reinterpret_cast<const char*>(parameter.value->data());
        lengths_[i] = static_cast<int>(parameter.value->size());
        if (parameter.format == Format::text && holds_nul(*parameter.value)) {
            formats_[i] = static_cast<int>(Format::binary);
        }
    }
}

void BoundParameters::resize(std::size_t count) {
    types_.resize(count);
    values_.resize(count);
    lengths_.resize(count);
    formats_.resize(count);
}

const char* why_refused(const Parameter& parameter) noexcept {
    if (!parameter.value) return nullptr;
    if (parameter.value->size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        return "is longer than 2 GiB";
    }
    if (parameter.format == Format::text && !text_equals_binary(parameter.type) && holds_nul(*parameter.value)) {
        return "holds a NUL byte, which only the types text and varchar can carry";
    }
    return nullptr;
}

}  // namespace picoxx::libpq
