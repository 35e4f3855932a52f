#include "values/one_line.hpp"

#include <picoxx/exception.hpp>

#include <exception>
#include <utility>

namespace picoxx {
namespace {

constexpr std::size_t longest_line = 2048;

}  // namespace

std::string describe(const Error& error) {
    std::string head{to_string(error.code)};
    if (!error.sqlstate.empty()) head += ' ' + error.sqlstate;
    if (error.effect != Effect::none) head += " (effect " + std::string{to_string(error.effect)} + ')';
    if (!error.node.empty()) head += " at " + error.node;
    if (!error.text.empty()) head += ": " + error.text;
    if (!error.server_text.empty()) head += ": " + error.server_text;

    std::string tail;
    if (!error.statement.empty() && error.condition() != Condition::syntax_error) {
        append_one_line(tail, "; statement: " + error.statement);
        if (tail.size() > longest_line / 2) tail.resize(cut_text(tail, longest_line / 2).size());
    }
    std::string line;
    append_one_line(line, head);
    if (line.size() + tail.size() > longest_line) {
        line.resize(cut_text(line, longest_line - tail.size() - ellipsis.size()).size());
        line += ellipsis;
    }
    return line + tail;
}

Exception::Exception(Error error) : std::runtime_error{describe(error)}, error_{std::move(error)} {}

Error error_of(const std::exception_ptr& failure) {
    if (failure == nullptr) return {};
    try {
        std::rethrow_exception(failure);
    } catch (const Exception& exception) {
        return exception.error();
    } catch (const std::exception& exception) {
        return make_error(Errc::internal, exception.what(), Effect::unknown);
    } catch (...) {
        return make_error(Errc::internal, "an exception of unknown type", Effect::unknown);
    }
}

}  // namespace picoxx
