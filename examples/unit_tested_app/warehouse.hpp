#pragma once

#include <picoxx/client.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

/// The logic of a small application: what is in stock, and who has reserved it. It takes any client, so its tests need
/// no server, and the way it waits, so they need no time.
class Warehouse {
public:
    enum class Reservation : std::uint8_t {
        made,
        taken,     ///< Somebody has it already.
        in_doubt,  ///< It may have been made: look with `reserved_by` before it is tried again.
        too_busy,  ///< Nothing was done, though it was tried three times; try later.
    };
    using Pause = std::function<void(std::chrono::milliseconds)>;

    explicit Warehouse(picoxx::BasicClient& client, Pause pause = sleep) : client_{client}, pause_{std::move(pause)} {}

    /// Reserves an item for a customer.
    /// @throws picoxx::Exception for everything that is not one of the above.
    Reservation reserve(std::int64_t item, const std::string& customer);
    /// Who has it; empty: nobody.
    std::string reserved_by(std::int64_t item);

private:
    static void sleep(std::chrono::milliseconds time);

    picoxx::BasicClient& client_;
    Pause pause_;
};
