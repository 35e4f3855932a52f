#pragma once

#include <boost/asio/any_io_executor.hpp>

namespace picoxx {

/// An executor for handlers that have none of their own, of clients that cannot lend theirs: threads do not survive a
/// fork, and a client that was moved from has nothing left. Each calling thread has one, with a thread of its own.
[[nodiscard]] const boost::asio::any_io_executor& spare_executor();

}  // namespace picoxx
