#pragma once

#include <picoxx/client.hpp>

#include <cstdint>
#include <string>

/// The logic of a small application: what is in stock, and who has reserved it. It takes any client, so its tests need no server.
class Warehouse {
public:
    enum class Reservation : std::uint8_t {
        made,
        taken,     ///< Somebody has it already.
        in_doubt,  ///< It may have been made: look with `reserved_by` before it is tried again.
        too_busy,  ///< Nothing was done; try later.
    };

    explicit Warehouse(picoxx::BasicClient& client) noexcept : client_{client} {}

    /// Reserves an item for a customer.
    /// @throws picoxx::Exception for everything that is not one of the above.
    Reservation reserve(std::int64_t item, const std::string& customer);
    /// Who has it; empty: nobody.
    std::string reserved_by(std::int64_t item);

private:
    picoxx::BasicClient& client_;
};
