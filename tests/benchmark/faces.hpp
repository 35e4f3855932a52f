#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace picoxx::benchmark {

/// One way to make the same request, `select $1::int8` prepared, one after another over a connection of its own. Each
/// request checks the number that came back. The first ones prepare the statement.
class Face {
public:
    virtual ~Face() = default;
    /// @throws std::runtime_error, picoxx::Exception
    virtual void run(std::size_t requests) = 0;
};

/// The names of all faces, the one to compare with first.
inline constexpr std::array<std::string_view, 4> face_names{"libpq", "synchronous", "callback", "coroutine"};

/// @param dsn what both libpq and picoxx understand
/// @throws std::runtime_error for a name that is not of `face_names`
[[nodiscard]] std::unique_ptr<Face> make_face(std::string_view name, const std::string& dsn);

}  // namespace picoxx::benchmark
