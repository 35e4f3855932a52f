#pragma once

#include "io/asio_shell.hpp"

#include <boost/asio/cancellation_signal.hpp>

namespace picoxx {

/// Has `job` cancelled, as far back as the signal's type says, when somebody emits the signal of `slot`.
void cancel_on_signal(AsioShell::Job& job, boost::asio::cancellation_slot slot);

}  // namespace picoxx
