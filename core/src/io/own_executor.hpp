#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <utility>

namespace picoxx {

/// Calls `use` with the executor's own type where that is a usual one: behind any_io_executor it would be copied and
/// counted for each operation, and operations could not have memory of their own.
template <class Use>
decltype(auto) with_own_executor(const boost::asio::any_io_executor& executor, Use&& use) {
    using OfContext = boost::asio::io_context::executor_type;
    using OfPool = boost::asio::thread_pool::executor_type;
    if (const auto* own = executor.target<OfContext>(); own != nullptr) return std::forward<Use>(use)(*own);
    if (const auto* own = executor.target<OfPool>(); own != nullptr) return std::forward<Use>(use)(*own);
    return std::forward<Use>(use)(executor);
}

}  // namespace picoxx
