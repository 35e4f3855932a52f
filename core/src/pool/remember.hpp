#pragma once

#include <picoxx/port/error.hpp>

#include <new>

namespace picoxx {

/// Keeps a copy of `error`. Where there is no memory for its text, its code is enough.
inline void remember(Error& kept, const Error& error) noexcept {
    try {
        kept = error;
    } catch (const std::bad_alloc&) {
        kept = {};
        kept.code = error.code;
    }
}

}  // namespace picoxx
