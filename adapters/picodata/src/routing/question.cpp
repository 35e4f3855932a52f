#include "question.hpp"

namespace picoxx {

std::optional<RoutingQuestion> RoutingQuestion::about(std::uint64_t statement, CStringView sql,
                                                      std::span<const Parameter> parameters) {
    std::size_t size = 0;
    for (const Parameter& parameter : parameters) size += parameter.value ? parameter.value->size() + 1 : 0;
    if (parameters.size() > most_parameters || size > most_bytes) return std::nullopt;

    RoutingQuestion question;
    question.statement_ = statement;
    question.sql_ = sql.view();
    question.bytes_.reserve(size);
    for (const Parameter& parameter : parameters) {
        Parameter& copy = question.parameters_.emplace_back(parameter);
        if (!parameter.value) continue;
        const std::size_t begin = question.bytes_.size();
        question.bytes_.insert(question.bytes_.end(), parameter.value->begin(), parameter.value->end());
        question.bytes_.push_back(std::byte{0});  // as a text parameter has behind it
        copy.value = std::span{question.bytes_.data() + begin, parameter.value->size()};
    }
    return question;
}

}  // namespace picoxx
