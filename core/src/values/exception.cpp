#include <picoxx/exception.hpp>

#include <exception>
#include <utility>

namespace picoxx {

std::string describe(const Error& error) {
    std::string line{to_string(error.code)};
    if (!error.sqlstate.empty()) line += ' ' + error.sqlstate;
    if (error.effect != Effect::none) line += " (effect " + std::string{to_string(error.effect)} + ')';
    if (!error.node.empty()) line += " at " + error.node;
    if (!error.text.empty()) line += ": " + error.text;
    if (!error.server_text.empty()) line += ": " + error.server_text;
    return line;
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
