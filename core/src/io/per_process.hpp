#pragma once

#include "io/process_fork.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace picoxx {

/// One object for each process: made when it is first asked for, and once more in a process that was forked off, whose
/// parent's locks may be held for ever there by threads that it does not have. Never destroyed, since threads may
/// outlive `main`: to be static. Thread safety: all functions.
template <class Object>
class PerProcess {
public:
    using Make = std::shared_ptr<Object> (*)();

    constexpr explicit PerProcess(Make make) noexcept : make_{make} {}

    /// @throws what making one throws
    [[nodiscard]] Object& get() {
        Era* era = era_.load(std::memory_order_acquire);
        if (era != nullptr && era->forks == forks_so_far()) return *era->object;
        auto fresh = std::make_unique<Era>(Era{make_(), forks_so_far()});
        if (era_.compare_exchange_strong(era, fresh.get(), std::memory_order_acq_rel, std::memory_order_acquire)) {
            era = fresh.release();
        }
        return *era->object;
    }

private:
    struct Era {
        std::shared_ptr<Object> object;
        std::uint32_t forks;
    };

    Make make_;
    std::atomic<Era*> era_{nullptr};
};

}  // namespace picoxx
