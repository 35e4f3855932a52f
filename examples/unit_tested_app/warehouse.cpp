#include "warehouse.hpp"

using picoxx::Effect;
using picoxx::Errc;

// [reserve]
Warehouse::Reservation Warehouse::reserve(std::int64_t item, const std::string& customer) {
    try {
        client_.execute(R"(INSERT INTO "reservations" VALUES ($1::int, $2::varchar))", item, customer);
        return Reservation::made;
    } catch (const picoxx::Exception& failure) {
        const picoxx::Error& error = failure.error();
        if (error.code == Errc::server_error && error.server_text.find("Duplicate key") != std::string::npos) {
            return Reservation::taken;
        }
        if (error.code == Errc::server_error) throw;
        if (error.effect != Effect::none) return Reservation::in_doubt;
        if (error.code == Errc::pool_exhausted || error.code == Errc::no_node_available) return Reservation::too_busy;
        throw;
    }
}
// [reserve]

std::string Warehouse::reserved_by(std::int64_t item) {
    const auto rows = client_.fetch<std::string>(R"(SELECT customer FROM "reservations" WHERE item = $1::int)", item);
    return rows.empty() ? std::string{} : std::get<0>(rows.front());
}
