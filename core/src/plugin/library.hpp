#pragma once

#include "elf_file.hpp"

#include <picoxx/port/result.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace picoxx::detail {

/// A loaded shared library; unmapped with its last owner, or never. The one place that loads and unloads: it does so
/// under one lock for the whole process, since not every system can do two of these at a time.
class Library {
public:
    enum class Mapping : std::uint8_t {
        kept,          ///< Mapped until the process ends.
        while_in_use,  ///< Unmapped with the object; under sanitizers as `kept`, since they name functions late.
    };

    /// Symbols are resolved at once and stay the library's own.
    /// @pre `path` is canonical, and the file that was checked was `file` Errors: plugin_load_failed with the linker's
    /// words; or because `path` is another file now, or was when its library, which is still mapped, was loaded.
    [[nodiscard]] static Result<std::shared_ptr<const Library>> load(const std::filesystem::path& path,
                                                                     FileIdentity file, Mapping mapping);

    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library();

    /// Null where it has none of that name.
    [[nodiscard]] const void* symbol(const char* name) const noexcept;

private:
    struct Handle;
    explicit Library(std::unique_ptr<Handle> handle) noexcept;

    std::unique_ptr<Handle> handle_;
};

}  // namespace picoxx::detail
