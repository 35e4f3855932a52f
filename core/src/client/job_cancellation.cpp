#include "client/job_cancellation.hpp"

#include <boost/asio/cancellation_type.hpp>

#include <memory>

namespace picoxx {

namespace asio = boost::asio;

void cancel_on_signal(AsioShell::Job& job, asio::cancellation_slot slot) {
    if (!slot.is_connected()) return;
    slot.assign([weak = job.weak_from_this()](asio::cancellation_type type) {
        const std::shared_ptr<AsioShell::Job> running = weak.lock();
        const auto asks_for = [type](asio::cancellation_type kind) {
            return (type & kind) != asio::cancellation_type::none;
        };
        if (running == nullptr || type == asio::cancellation_type::none) return;
        running->cancel(asks_for(asio::cancellation_type::partial)    ? Cancellation::partial
                        : asks_for(asio::cancellation_type::terminal) ? Cancellation::terminal
                                                                      : Cancellation::total);
    });
}

}  // namespace picoxx
