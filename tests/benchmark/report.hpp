#pragma once

#include "cost.hpp"

#include <ostream>
#include <span>

namespace picoxx::benchmark {

/// Markdown: what a request costs by each face, which system calls it makes, and how that compares with the gates.
/// @pre libpq is the first of `costs`
void write_report(std::ostream& out, std::span<const Cost> costs);

}  // namespace picoxx::benchmark
