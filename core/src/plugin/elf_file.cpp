#include "elf_file.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace picoxx::detail {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using DynamicEntry = ElfW(Dyn);

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

bool lies_within(std::uint64_t offset, std::uint64_t size, std::uint64_t whole) noexcept {
    return offset <= whole && size <= whole - offset;
}

}  // namespace

Result<ElfFile> ElfFile::open(const std::filesystem::path& file) {
    // O_NONBLOCK: a FIFO must not be waited for.
    const Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    const int failure = errno;
    struct stat status {};
    const bool is_known = descriptor.number() >= 0 ? ::fstat(descriptor.number(), &status) == 0
                                                   : ::stat(file.c_str(), &status) == 0;
    if (is_known && !S_ISREG(status.st_mode)) return not_a_library("not a regular file");
    if (descriptor.number() < 0 || !is_known) {
        return make_error(Errc::plugin_not_found, "no such file (" + std::generic_category().message(failure) + ')');
    }

    ElfFile elf;
    elf.size_ = static_cast<std::size_t>(status.st_size);
    elf.identity_ = {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino)};
    if (elf.size_ > 0) {
        void* const mapped = ::mmap(nullptr, elf.size_, PROT_READ, MAP_PRIVATE, descriptor.number(), 0);
        if (mapped == MAP_FAILED) {
            return not_a_library("it cannot be mapped (" + std::generic_category().message(errno) + ')');
        }
        elf.mapping_ = std::shared_ptr<const std::byte>{
            static_cast<const std::byte*>(mapped),
            [size = elf.size_](const std::byte* start) { ::munmap(const_cast<std::byte*>(start), size); }};
    }
    if (Status readable = elf.read_headers(); !readable.ok()) return std::move(readable).error();
    return elf;
}

Status ElfFile::read_headers() {
    const std::byte* const start = mapping_.get();
    const auto truncated = [&](const char* what, std::uint64_t end) {
        return not_a_library(std::string{"truncated ELF file: "} + what + " at byte " + std::to_string(end) +
                             ", the file has " + std::to_string(size_));
    };

    Header header;
    if (size_ < sizeof header || std::memcmp(start, ELFMAG, SELFMAG) != 0) {
        return not_a_library("not an ELF shared library (" + std::to_string(size_) + " bytes)");
    }
    std::memcpy(&header, start, sizeof header);
    if (header.e_ident[EI_CLASS] != own_class || header.e_ident[EI_DATA] != own_byte_order) {
        return not_a_library("wrong ELF class or byte order for this program");
    }
    if (own_machine != EM_NONE && header.e_machine != own_machine) {
        return not_a_library("built for another processor (ELF machine " + std::to_string(header.e_machine) +
                             ", this program is " + std::to_string(own_machine) + ')');
    }
    is_program_ = header.e_type == ET_EXEC;
    if ((header.e_type != ET_DYN && header.e_type != ET_EXEC) || header.e_phentsize != sizeof(Segment)) {
        return not_a_library("not an ELF shared library (" + std::to_string(size_) + " bytes)");
    }
    const std::uint64_t headers_size = std::uint64_t{header.e_phnum} * sizeof(Segment);
    if (!lies_within(header.e_phoff, headers_size, size_)) {
        return truncated("program headers end", header.e_phoff + headers_size);
    }

    for (std::size_t i = 0; i < header.e_phnum; ++i) {
        Segment segment;
        std::memcpy(&segment, start + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) continue;
        if (!lies_within(segment.p_offset, segment.p_filesz, size_)) {
            return truncated("segment ends", segment.p_offset + segment.p_filesz);
        }
        const std::span<const std::byte> bytes{start + segment.p_offset, static_cast<std::size_t>(segment.p_filesz)};
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) == 0) data_.push_back(bytes);
        if (segment.p_type != PT_DYNAMIC) continue;
        for (std::size_t at = 0; at + sizeof(DynamicEntry) <= bytes.size(); at += sizeof(DynamicEntry)) {
            DynamicEntry entry;
            std::memcpy(&entry, bytes.data() + at, sizeof entry);
            if (entry.d_tag == DT_NULL) break;
            if (entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_PIE) != 0) is_program_ = true;
        }
    }
    return {};
}

}  // namespace picoxx::detail
