#include "client/spare_executor.hpp"

#include "io/process_fork.hpp"

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <memory>

namespace picoxx {

const boost::asio::any_io_executor& spare_executor() {
    struct SpareThread {
        boost::asio::thread_pool pool{1};
        boost::asio::any_io_executor executor = pool.get_executor();
    };
    thread_local std::uint32_t forks = 0;
    thread_local std::unique_ptr<SpareThread> thread;
    if (thread == nullptr || forks != forks_so_far()) {
        static_cast<void>(thread.release());  // of a process this one was forked from
        thread = std::make_unique<SpareThread>();
        forks = forks_so_far();
    }
    return thread->executor;
}

}  // namespace picoxx
