#include "warehouse.hpp"

#include <thread>

using namespace std::chrono_literals;
using picoxx::Effect;
using picoxx::Errc;

namespace {

bool is_duplicate(const picoxx::Error& error) {
    return error.code == Errc::server_error && error.server_text.find("Duplicate key") != std::string::npos;
}

// No node, or none that was free: another time it may be different.
bool may_pass(Errc code) {
    return code == Errc::connect_failed || code == Errc::no_node_available || code == Errc::pool_exhausted;
}

}  // namespace

// [reserve]
Warehouse::Reservation Warehouse::reserve(std::int64_t item, const std::string& customer) {
    for (int attempt = 1;; ++attempt) {
        try {
            client_.execute(R"(INSERT INTO "reservations" VALUES ($1::int, $2::varchar))", item, customer);
            return Reservation::made;
        } catch (const picoxx::Exception& failure) {
            if (is_duplicate(failure.error())) return Reservation::taken;
            if (failure.effect() == Effect::unknown) return Reservation::in_doubt;
            if (failure.effect() != Effect::none || !may_pass(failure.code())) throw;
            if (attempt == 3) return Reservation::too_busy;
        }
        pause_(attempt * 50ms);
    }
}
// [reserve]

std::string Warehouse::reserved_by(std::int64_t item) {
    const auto rows = client_.fetch<std::string>(R"(SELECT customer FROM "reservations" WHERE item = $1::int)", item);
    return rows.empty() ? std::string{} : std::get<0>(rows.front());
}

void Warehouse::sleep(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }
