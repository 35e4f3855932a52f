#pragma once

#include <picoxx/port/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace picoxx::detail {

/// Tells whether two paths are one file.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;

    [[nodiscard]] friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// A shared library as it lies in its file. Everything in it was checked to be inside the file and to fit together, so
/// that the system's linker finds no missing byte.
class ElfFile {
public:
    /// What is mapped as one piece, without the zeros behind it.
    struct Segment {
        std::uint64_t address = 0;  ///< Relative to where the library is mapped.
        bool is_executable = false;
        std::vector<std::byte> bytes;
    };

    /// Errors: plugin_not_found; plugin_not_a_library where it is no ELF file of this processor, or not all of one.
    [[nodiscard]] static Result<ElfFile> open(const std::filesystem::path& file);

    [[nodiscard]] FileIdentity identity() const noexcept { return identity_; }
    /// It is a program (position independent or not), which cannot be loaded.
    [[nodiscard]] bool is_program() const noexcept { return is_program_; }
    [[nodiscard]] const std::vector<Segment>& segments() const noexcept { return segments_; }
    /// Where the symbol is, as Segment::address counts; null where the library exports none of that name.
    [[nodiscard]] std::optional<std::uint64_t> exported(std::string_view name) const;

private:
    ElfFile() = default;
    [[nodiscard]] Status read(int file);
    void read_dynamic(std::uint64_t address, std::uint64_t size);
    [[nodiscard]] std::uint32_t symbol_count() const;
    [[nodiscard]] std::span<const std::byte> bytes_at(std::uint64_t address, std::size_t size) const noexcept;
    template <class Object>
    [[nodiscard]] std::optional<Object> object_at(std::uint64_t address) const noexcept;

    std::uint64_t size_ = 0;
    FileIdentity identity_;
    bool is_program_ = false;
    std::vector<Segment> segments_;
    // addresses of tables; 0: there is none
    std::uint64_t symbols_ = 0;
    std::uint64_t names_ = 0;
    std::uint64_t gnu_hash_ = 0;
    std::uint64_t hash_ = 0;
};

/// Of what `file` is now; the default where there is none.
[[nodiscard]] FileIdentity identity_of(const std::filesystem::path& file) noexcept;

/// A file that cannot be opened. Errors: plugin_not_found.
[[nodiscard]] Error no_such_file(int failure);

}  // namespace picoxx::detail
