#pragma once

// Batteries included: the client, the libpq transport, Picodata discovery and the strategies. Link picoxx::picoxx.
#include <picoxx/client.hpp>
#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/picodata/bucket_id.hpp>
#include <picoxx/picodata/picodata_discovery.hpp>
#include <picoxx/picodata/picodata_router.hpp>
#include <picoxx/strategies/least_busy.hpp>
#include <picoxx/strategies/random.hpp>
#include <picoxx/strategies/round_robin.hpp>
