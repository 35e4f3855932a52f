#include "elf_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

namespace picoxx::detail {
namespace {

using Header = ElfW(Ehdr);
using ProgramHeader = ElfW(Phdr);
using DynamicEntry = ElfW(Dyn);
using Symbol = ElfW(Sym);

constexpr unsigned char own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char own_byte_order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
#if defined(__x86_64__)
constexpr unsigned own_machine = EM_X86_64;
#elif defined(__i386__)
constexpr unsigned own_machine = EM_386;
#elif defined(__aarch64__)
constexpr unsigned own_machine = EM_AARCH64;
#elif defined(__arm__)
constexpr unsigned own_machine = EM_ARM;
#elif defined(__powerpc64__)
constexpr unsigned own_machine = EM_PPC64;
#elif defined(__riscv)
constexpr unsigned own_machine = EM_RISCV;
#elif defined(__s390x__)
constexpr unsigned own_machine = EM_S390;
#else
constexpr unsigned own_machine = EM_NONE;  // not checked here; the system's linker does
#endif

constexpr std::uint64_t max_address = std::uint64_t{1} << 47U;

Error not_a_library(std::string text) { return make_error(Errc::plugin_not_a_library, std::move(text)); }

class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_{number} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

Status read_all(int file, std::uint64_t offset, std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return not_a_library("it cannot be read (" + std::generic_category().message(errno) + ')');
        if (count == 0) return not_a_library("it became shorter while it was read");
        offset += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

template <class Object>
std::span<std::byte> object_bytes(Object& object) noexcept {
    return std::as_writable_bytes(std::span{&object, 1});
}

bool lies_within(std::uint64_t offset, std::uint64_t size, std::uint64_t whole) noexcept {
    return offset <= whole && size <= whole - offset;
}

// What the system's linker takes on trust: a file in which these are wrong ends the process.
bool fit_together(const std::vector<ProgramHeader>& headers) noexcept {
    constexpr std::uint64_t page = 4'096;           // the smallest there is
    constexpr std::uint64_t largest_page = 65'536;  // the memory behind a segment, up to its last page's end
    const auto is_loaded = [&](const ProgramHeader& part, std::uint64_t size, auto end_of) {
        return std::any_of(headers.begin(), headers.end(), [&](const ProgramHeader& load) {
            return load.p_type == PT_LOAD && part.p_vaddr >= load.p_vaddr &&
                   part.p_vaddr - load.p_vaddr == part.p_offset - load.p_offset &&
                   lies_within(part.p_vaddr - load.p_vaddr, size, end_of(load));
        });
    };
    std::uint64_t end = 0;
    for (const ProgramHeader& entry : headers) {
        switch (entry.p_type) {
            case PT_LOAD:
                if (entry.p_memsz < entry.p_filesz || entry.p_vaddr < end ||
                    entry.p_vaddr % page != entry.p_offset % page || (entry.p_align & (entry.p_align - 1)) != 0 ||
                    !lies_within(entry.p_vaddr, entry.p_memsz, max_address)) {
                    return false;
                }
                end = entry.p_vaddr + entry.p_memsz;
                break;
            case PT_DYNAMIC:
                if (!is_loaded(entry, entry.p_filesz, [](const ProgramHeader& load) { return load.p_filesz; }))
                    return false;
                break;
            case PT_GNU_RELRO:
                if (!is_loaded(entry, entry.p_memsz,
                               [](const ProgramHeader& load) { return load.p_memsz + largest_page; })) {
                    return false;
                }
                break;
            default: break;
        }
    }
    return true;
}

FileIdentity identity_of(const struct stat& status) noexcept {
    return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino)};
}

}  // namespace

FileIdentity identity_of(const std::filesystem::path& file) noexcept {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? identity_of(status) : FileIdentity{};
}

Error no_such_file(int failure) {
    const bool is_none = failure == ENOENT || failure == ENOTDIR;
    return make_error(Errc::plugin_not_found, std::string{is_none ? "no such file (" : "it cannot be opened ("} +
                                                  std::generic_category().message(failure) + ')');
}

Result<ElfFile> ElfFile::open(const std::filesystem::path& file) {
    // O_NONBLOCK: a FIFO must not be waited for.
    const Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    const int failure = errno;
    struct stat status {};
    const bool is_known = descriptor.number() >= 0 ? ::fstat(descriptor.number(), &status) == 0
                                                   : ::stat(file.c_str(), &status) == 0;
    if (is_known && !S_ISREG(status.st_mode)) return not_a_library("not a regular file");
    if (descriptor.number() < 0) return no_such_file(failure);
    if (!is_known) return no_such_file(errno);

    ElfFile elf;
    elf.size_ = static_cast<std::uint64_t>(status.st_size);
    elf.identity_ = identity_of(status);
    if (Status readable = elf.read(descriptor.number()); !readable.ok()) return std::move(readable).error();
    return elf;
}

// The file is read, not mapped: who writes to it meanwhile must not end the process.
Status ElfFile::read(int file) {
    const auto truncated = [&](const char* what, std::uint64_t end) {
        return not_a_library(std::string{"truncated ELF file: "} + what + " at byte " + std::to_string(end) +
                             ", the file has " + std::to_string(size_));
    };

    Header header{};
    if (size_ >= sizeof header) {
        if (Status status = read_all(file, 0, object_bytes(header)); !status.ok()) return status;
    }
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return not_a_library("not an ELF shared library (" + std::to_string(size_) + " bytes)");
    }
    if (header.e_ident[EI_CLASS] != own_class || header.e_ident[EI_DATA] != own_byte_order) {
        return not_a_library("wrong ELF class or byte order for this program");
    }
    if (own_machine != EM_NONE && header.e_machine != own_machine) {
        return not_a_library("built for another processor (ELF machine " + std::to_string(header.e_machine) +
                             ", this program is " + std::to_string(own_machine) + ')');
    }
    is_program_ = header.e_type == ET_EXEC;
    if ((header.e_type != ET_DYN && header.e_type != ET_EXEC) || header.e_phentsize != sizeof(ProgramHeader)) {
        return not_a_library("not an ELF shared library (" + std::to_string(size_) + " bytes)");
    }
    std::vector<ProgramHeader> headers(header.e_phnum);
    const std::span<std::byte> bytes = std::as_writable_bytes(std::span{headers});
    if (!lies_within(header.e_phoff, bytes.size(), size_)) {
        return truncated("program headers end", header.e_phoff + bytes.size());
    }
    if (Status status = read_all(file, header.e_phoff, bytes); !status.ok()) return status;

    for (const ProgramHeader& entry : headers) {
        if (entry.p_type != PT_LOAD && entry.p_type != PT_DYNAMIC) continue;
        if (!lies_within(entry.p_offset, entry.p_filesz, size_)) {
            return truncated("segment ends", entry.p_offset + entry.p_filesz);
        }
    }
    if (!fit_together(headers)) return not_a_library("damaged ELF file: its segments do not fit together");

    for (const ProgramHeader& entry : headers) {
        if (entry.p_type != PT_LOAD) continue;
        Segment& segment = segments_.emplace_back();
        segment.address = entry.p_vaddr;
        segment.is_executable = (entry.p_flags & PF_X) != 0;
        segment.bytes.resize(static_cast<std::size_t>(entry.p_filesz));
        if (Status status = read_all(file, entry.p_offset, segment.bytes); !status.ok()) return status;
    }
    for (const ProgramHeader& entry : headers) {
        if (entry.p_type == PT_DYNAMIC) read_dynamic(entry.p_vaddr, entry.p_filesz);
    }
    return {};
}

void ElfFile::read_dynamic(std::uint64_t address, std::uint64_t size) {
    for (std::uint64_t at = 0; at + sizeof(DynamicEntry) <= size; at += sizeof(DynamicEntry)) {
        const auto entry = object_at<DynamicEntry>(address + at);
        if (!entry || entry->d_tag == DT_NULL) return;
        switch (entry->d_tag) {
            case DT_FLAGS_1: is_program_ = is_program_ || (entry->d_un.d_val & DF_1_PIE) != 0; break;
            case DT_SYMTAB: symbols_ = entry->d_un.d_ptr; break;
            case DT_STRTAB: names_ = entry->d_un.d_ptr; break;
            case DT_GNU_HASH: gnu_hash_ = entry->d_un.d_ptr; break;
            case DT_HASH: hash_ = entry->d_un.d_ptr; break;
            default: break;
        }
    }
}

std::optional<std::uint64_t> ElfFile::exported(std::string_view name) const {
    const std::uint32_t count = symbol_count();
    for (std::uint32_t i = 1; i < count; ++i) {
        const auto symbol = object_at<Symbol>(symbols_ + std::uint64_t{i} * sizeof(Symbol));
        if (!symbol) return std::nullopt;
        if (symbol->st_shndx == SHN_UNDEF) continue;
        const std::span<const std::byte> text = bytes_at(names_ + symbol->st_name, name.size() + 1);
        if (!text.empty() && std::memcmp(text.data(), name.data(), name.size()) == 0 && text.back() == std::byte{}) {
            return symbol->st_value;
        }
    }
    return std::nullopt;
}

// The table does not say how long it is; the hash tables over it do.
std::uint32_t ElfFile::symbol_count() const {
    struct GnuHash {
        std::uint32_t buckets, first_symbol, bloom_words, bloom_shift;
    };
    if (gnu_hash_ == 0) return hash_ == 0 ? 0 : object_at<std::uint32_t>(hash_ + sizeof(std::uint32_t)).value_or(0);

    const auto hash = object_at<GnuHash>(gnu_hash_);
    if (!hash) return 0;
    const std::uint64_t buckets = gnu_hash_ + sizeof *hash + std::uint64_t{hash->bloom_words} * sizeof(ElfW(Addr));
    const std::uint64_t chains = buckets + std::uint64_t{hash->buckets} * sizeof(std::uint32_t);
    std::uint32_t last = 0;
    for (std::uint32_t i = 0; i < hash->buckets; ++i) {
        const auto first = object_at<std::uint32_t>(buckets + std::uint64_t{i} * sizeof(std::uint32_t));
        if (!first) return 0;
        last = std::max(last, *first);
    }
    if (last < hash->first_symbol) return 0;
    for (;; ++last) {  // the last chain ends with an odd number
        const auto link = object_at<std::uint32_t>(chains +
                                                   std::uint64_t{last - hash->first_symbol} * sizeof(std::uint32_t));
        if (!link) return 0;
        if ((*link & 1U) != 0) return last + 1;
    }
}

std::span<const std::byte> ElfFile::bytes_at(std::uint64_t address, std::size_t size) const noexcept {
    for (const Segment& segment : segments_) {
        if (address >= segment.address && lies_within(address - segment.address, size, segment.bytes.size())) {
            return std::span{segment.bytes}.subspan(static_cast<std::size_t>(address - segment.address), size);
        }
    }
    return {};
}

template <class Object>
std::optional<Object> ElfFile::object_at(std::uint64_t address) const noexcept {
    const std::span<const std::byte> bytes = bytes_at(address, sizeof(Object));
    if (bytes.empty()) return std::nullopt;
    Object object;
    std::memcpy(&object, bytes.data(), sizeof object);
    return object;
}

}  // namespace picoxx::detail
