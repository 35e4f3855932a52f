#pragma once

#include <picoxx/port/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace picoxx::detail {

/// Tells whether two paths are one file.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;

    [[nodiscard]] friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// A shared library as it lies in its file. Everything in it was checked to be inside the file, so that mapping it, here and by the
/// system's linker, finds no missing byte.
class ElfFile {
public:
    /// Errors: plugin_not_found; plugin_not_a_library where it is no ELF file of this processor, or not all of one.
    [[nodiscard]] static Result<ElfFile> open(const std::filesystem::path& file);

    [[nodiscard]] FileIdentity identity() const noexcept { return identity_; }
    /// It is a program (position independent or not), which cannot be loaded.
    [[nodiscard]] bool is_program() const noexcept { return is_program_; }
    /// What is mapped and not executable. Lifetime: the object's.
    [[nodiscard]] const std::vector<std::span<const std::byte>>& data() const noexcept { return data_; }

private:
    ElfFile() = default;
    [[nodiscard]] Status read_headers();

    std::shared_ptr<const std::byte> mapping_;  // null for an empty file
    std::size_t size_ = 0;
    FileIdentity identity_;
    bool is_program_ = false;
    std::vector<std::span<const std::byte>> data_;
};

}  // namespace picoxx::detail
