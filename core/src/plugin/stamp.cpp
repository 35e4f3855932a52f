#include "stamp.hpp"

#include "plugin_text.hpp"

#include <picoxx/port/discovery_source.hpp>
#include <picoxx/port/log_sink.hpp>
#include <picoxx/port/plugin.hpp>
#include <picoxx/port/plugin_build.hpp>
#include <picoxx/port/statement_router.hpp>
#include <picoxx/port/transport.hpp>
#include <picoxx/port/version.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>
#include <string>

namespace picoxx::detail {
namespace {

using Magic = std::array<unsigned char, 16>;

// The magic bytes must not stand in the data of programs that link the core, or each of them would look like a plugin:
// they are kept scrambled, and put together where the compiler cannot do it.
constexpr Magic scrambled(Magic magic) {
    for (unsigned char& byte : magic) byte ^= 0x5aU;
    return magic;
}
constexpr Magic scrambled_stamp_magic = scrambled(PICOXX_PLUGIN_MAGIC);
constexpr Magic scrambled_listing_magic = scrambled(PICOXX_PLUGIN_LISTING_MAGIC);

Magic plain(const Magic& scrambled) {
    volatile unsigned char key = 0x5aU;
    Magic magic = scrambled;
    for (unsigned char& byte : magic) byte = static_cast<unsigned char>(byte ^ key);
    return magic;
}

Error damaged(std::string what) {
    return make_error(Errc::plugin_bad_descriptor, "damaged descriptor: " + std::move(what));
}

std::string abi_text(std::uint32_t major, std::uint32_t minor) {
    return std::to_string(major) + '.' + std::to_string(minor);
}

std::string_view take_word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

std::optional<ComponentInfo> read_line(std::string_view line) {
    ComponentInfo component;
    component.interface_id = printable(take_word(line));
    component.name = printable(take_word(line));
    const std::string_view version = take_word(line);
    const auto [end, failure] = std::from_chars(version.data(), version.data() + version.size(),
                                                component.interface_version);
    if (component.name.empty() || failure != std::errc{} || end != version.data() + version.size()) return std::nullopt;
    component.summary = printable(line);
    return component;
}

Status read_listing(std::span<const std::byte> behind_stamp, FoundStamp& found) {
    const std::size_t size = found.stamp.listing_size;
    if (size == 0) return {};
    const Magic magic = plain(scrambled_listing_magic);
    if (size <= magic.size() || size > behind_stamp.size() ||
        std::memcmp(behind_stamp.data(), magic.data(), magic.size()) != 0) {
        return damaged("its list of components is not where it should be");
    }
    const std::span<const std::byte> bytes = behind_stamp.subspan(magic.size(), size - magic.size());
    std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    text = text.substr(0, text.find('\0'));
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::optional<ComponentInfo> component = read_line(text.substr(0, end));
        if (!component) return damaged("its list of components cannot be read");
        component->plugin = field_text(found.stamp.name);
        found.listing.push_back(*std::move(component));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return {};
}

struct KnownInterface {
    std::string_view id;
    std::uint32_t version;
};

template <class... Port>
constexpr std::array<KnownInterface, sizeof...(Port)> interfaces_of() {
    return {KnownInterface{Port::interface_id, Port::interface_version}...};
}
constexpr auto known_interfaces =
    interfaces_of<Transport, BalanceStrategy, DiscoverySource, LogSink, StatementRouter>();

}  // namespace

std::vector<FoundStamp> find_stamps(const ElfFile& file) {
    std::vector<FoundStamp> stamps;
    const Magic magic = plain(scrambled_stamp_magic);
    for (const ElfFile::Segment& segment : file.segments()) {
        if (segment.is_executable) continue;
        std::span<const std::byte> bytes{segment.bytes};
        while (!bytes.empty()) {
            const void* const start = ::memmem(bytes.data(), bytes.size(), magic.data(), magic.size());
            if (start == nullptr) break;
            bytes = bytes.subspan(static_cast<std::size_t>(static_cast<const std::byte*>(start) - bytes.data()));
            FoundStamp& found = stamps.emplace_back();
            found.address = segment.address + (segment.bytes.size() - bytes.size());
            if (bytes.size() < sizeof found.stamp) {
                found.readable = damaged("its stamp is cut off");
                break;
            }
            std::memcpy(&found.stamp, bytes.data(), sizeof found.stamp);
            bytes = bytes.subspan(sizeof found.stamp);
            found.readable = read_listing(bytes, found);
        }
    }
    return stamps;
}

Status check_stamp(const picoxx_plugin_stamp& stamp) {
    const Magic magic = plain(scrambled_stamp_magic);
    if (std::memcmp(stamp.magic, magic.data(), magic.size()) != 0) return damaged("it does not begin with a stamp");
    if (stamp.stamp_size != sizeof stamp) {
        return damaged("stamp size " + std::to_string(stamp.stamp_size) + ", expected " + std::to_string(sizeof stamp));
    }
    const std::string theirs = abi_text(stamp.abi_major, stamp.abi_minor);
    const std::string ours = abi_text(PICOXX_PLUGIN_ABI_MAJOR, PICOXX_PLUGIN_ABI_MINOR);
    if (stamp.abi_major != PICOXX_PLUGIN_ABI_MAJOR) {
        return make_error(Errc::plugin_abi_mismatch,
                          "built for plugin ABI " + theirs + ", this program has plugin ABI " + ours +
                              "; rebuild the plugin against picoxx " + version_text(PICOXX_VERSION));
    }
    if (stamp.abi_minor > PICOXX_PLUGIN_ABI_MINOR) {
        return make_error(Errc::plugin_core_too_old,
                          "needs plugin ABI " + theirs + " (picoxx " + version_text(stamp.core_version) +
                              "), this program has plugin ABI " + ours + " (picoxx " + version_text(PICOXX_VERSION) +
                              "); upgrade picoxx or rebuild the plugin");
    }
    const std::string build = field_text(stamp.build);
    if (build != PICOXX_PLUGIN_BUILD) {
        return make_error(Errc::plugin_build_mismatch,
                          "not binary compatible: built as \"" + build + "\" with " + field_text(stamp.toolchain) +
                              ", this program is \"" PICOXX_PLUGIN_BUILD "\" (" PICOXX_PLUGIN_TOOLCHAIN
                              "); rebuild it with the same C++ standard library and sanitizer setting");
    }
    if (stamp.descriptor_size < sizeof(picoxx_plugin_descriptor)) {
        return damaged("descriptor size " + std::to_string(stamp.descriptor_size) + ", expected at least " +
                       std::to_string(sizeof(picoxx_plugin_descriptor)));
    }
    const std::string name = field_text(stamp.name);
    if (!sdk::detail::is_plugin_name(name)) return damaged("its name \"" + name + "\" is not of a-z, 0-9 and _");
    return {};
}

Status check_interface(std::string_view component, std::string_view interface_id, std::uint32_t version) {
    const auto known = std::find_if(known_interfaces.begin(), known_interfaces.end(),
                                    [&](const KnownInterface& one) { return one.id == interface_id; });
    if (known == known_interfaces.end() || known->version == version) return {};
    return make_error(Errc::plugin_abi_mismatch, std::string{component} + " implements " + std::string{interface_id} +
                                                     " version " + std::to_string(version) +
                                                     ", this program uses version " + std::to_string(known->version));
}

PluginInfo describe_stamp(const picoxx_plugin_stamp& stamp) {
    PluginInfo info;
    info.name = field_text(stamp.name);
    info.version = field_text(stamp.version);
    info.build = field_text(stamp.build);
    info.toolchain = field_text(stamp.toolchain);
    info.picoxx_version = version_text(stamp.core_version);
    info.abi_major = stamp.abi_major;
    info.abi_minor = stamp.abi_minor;
    info.keep_mapped = (stamp.flags & PICOXX_PLUGIN_FLAG_KEEP_MAPPED) != 0;
    return info;
}

}  // namespace picoxx::detail
