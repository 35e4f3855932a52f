#pragma once

// In-memory stand-ins for every port, which need no server, no network and no event loop.
#include <picoxx/testing/collecting_log_sink.hpp>
#include <picoxx/testing/collecting_sink.hpp>
#include <picoxx/testing/fake_answer.hpp>
#include <picoxx/testing/fake_discovery_context.hpp>
#include <picoxx/testing/fake_discovery_source.hpp>
#include <picoxx/testing/fake_node.hpp>
#include <picoxx/testing/fake_session.hpp>
#include <picoxx/testing/fake_transport.hpp>
#include <picoxx/testing/session_driver.hpp>
#include <picoxx/testing/vector_row_block.hpp>
