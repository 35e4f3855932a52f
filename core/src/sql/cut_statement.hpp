#pragma once

#include <string>
#include <string_view>

namespace picoxx {

/// `sql` as it may be shown in errors and logs: text literals are replaced by `'...'` (they may be a password or a
/// user's data; numbers stay), and what is longer than 256 bytes ends in an ellipsis. A literal that is not closed
/// reaches to the end. Cost: the first few hundred bytes are read.
[[nodiscard]] std::string cut_statement(std::string_view sql);

}  // namespace picoxx
