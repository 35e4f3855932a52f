#include "instructions.hpp"

#include "callgrind.hpp"

namespace picoxx::benchmark {
namespace {

constexpr std::size_t few_requests = 200;
constexpr std::size_t many_requests = 1'200;

double instructions(std::string_view face, const std::string& dsn, std::size_t requests) {
    return instructions_of_this_program({std::string{only_argument}, std::string{face}, dsn, std::to_string(requests)});
}

}  // namespace

double instructions_per_request(std::string_view face, const std::string& dsn) {
    return (instructions(face, dsn, many_requests) - instructions(face, dsn, few_requests)) /
           (many_requests - few_requests);
}

}  // namespace picoxx::benchmark
