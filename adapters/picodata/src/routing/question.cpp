#include "question.hpp"

namespace picoxx {
namespace {

constexpr std::size_t most_parameters = 256;
constexpr std::size_t most_bytes = 16'384;

// Each is followed by a NUL byte, as a text parameter has one behind it.
std::size_t size_of(std::span<const Parameter> parameters) noexcept {
    std::size_t size = 0;
    for (const Parameter& parameter : parameters) size += parameter.value ? parameter.value->size() + 1 : 0;
    return size;
}

}  // namespace

bool RoutingQuestion::may_be_kept(std::span<const Parameter> parameters) noexcept {
    return parameters.size() <= most_parameters && size_of(parameters) <= most_bytes;
}

RoutingQuestion::RoutingQuestion(std::uint64_t statement, CStringView sql, std::span<const Parameter> parameters)
    : statement_{statement}, sql_{sql.view()} {
    bytes_.reserve(size_of(parameters));  // so that what points there stays right
    for (const Parameter& parameter : parameters) {
        Parameter& copy = parameters_.emplace_back(parameter);
        if (!parameter.value) continue;
        const std::size_t begin = bytes_.size();
        bytes_.insert(bytes_.end(), parameter.value->begin(), parameter.value->end());
        bytes_.push_back(std::byte{0});
        copy.value = std::span{bytes_.data() + begin, parameter.value->size()};
    }
}

}  // namespace picoxx
