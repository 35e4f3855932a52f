#include "examined_file.hpp"

#include "file_check.hpp"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

namespace picoxx::detail {
namespace {

// A file may hold more than one stamp, as where another plugin is linked into it: the exported one counts.
std::optional<FoundStamp> choose(std::vector<FoundStamp> stamps, std::optional<std::uint64_t> exported) {
    if (stamps.empty()) return std::nullopt;
    const auto found = std::find_if(stamps.begin(), stamps.end(),
                                    [&](const FoundStamp& one) { return exported == one.address; });
    return std::move(found == stamps.end() ? stamps.front() : *found);
}

}  // namespace

Result<ExaminedFile> examine(const std::filesystem::path& file, PathCheck path_check) {
    if (!file.is_absolute()) {
        return make_error(Errc::plugin_bad_name, "path is not absolute; relative paths are never searched");
    }
    ExaminedFile examined;
    std::error_code failure;
    examined.canonical = std::filesystem::canonical(file, failure);
    if (failure) return no_such_file(failure.value());
    if (path_check == PathCheck::full) examined.owners = check_owners(examined.canonical);

    Result<ElfFile> elf = ElfFile::open(examined.canonical);
    // Of a file that others can change no more is told than that.
    if (!elf.ok()) return examined.owners.ok() ? std::move(elf).error() : std::move(examined.owners).error();
    examined.identity = elf->identity();
    examined.is_program = elf->is_program();
    const std::optional<std::uint64_t> exported = elf->exported("picoxx_plugin_entry");
    examined.stamp = choose(find_stamps(*elf), exported);
    if (!examined.stamp && examined.owners.ok()) {
        return make_error(Errc::plugin_not_a_plugin,
                          "a shared library, but not a picoxx plugin (no PICOXX_PLUGIN descriptor in it)");
    }
    examined.is_exported = examined.stamp && exported == examined.stamp->address;
    return examined;
}

Status judge(const ExaminedFile& examined) {
    if (!examined.owners.ok()) return examined.owners.error();
    if (examined.is_program) {
        return make_error(Errc::plugin_not_a_plugin, "a program with a picoxx plugin linked in, not a plugin");
    }
    if (!examined.is_exported) {
        return make_error(Errc::plugin_not_a_plugin,
                          "descriptor present but symbol \"picoxx_plugin_entry\" is not exported (was it built with "
                          "picoxx_add_plugin()?)");
    }
    const FoundStamp& found = *examined.stamp;
    // A stamp of another size or ABI is told as such, even if it makes no sense besides.
    if (Status usable = check_stamp(found.stamp); !usable.ok()) return usable;
    if (!found.readable.ok()) return found.readable.error();
    for (const ComponentInfo& component : found.listing) {
        if (Status fits = check_interface(component.name, component.interface_id, component.interface_version);
            !fits.ok()) {
            return fits;
        }
    }
    return {};
}

}  // namespace picoxx::detail
