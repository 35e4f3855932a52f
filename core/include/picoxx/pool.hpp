#pragma once

// Pool stands beside Client; both are one thing with two sets of defaults.
#include <picoxx/client.hpp>
