#include "component_table.hpp"

#include "plugin_text.hpp"
#include "stamp.hpp"

#include <picoxx/port/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace picoxx::detail {
namespace {

constexpr std::uint32_t most_components = 1'000;

Error damaged(std::string what) {
    return make_error(Errc::plugin_bad_descriptor, "damaged descriptor: " + std::move(what));
}

Error wrong_size(std::uint32_t size) {
    return damaged("component size " + std::to_string(size) + ", expected at least " +
                   std::to_string(sizeof(picoxx_component)));
}

}  // namespace

Result<std::vector<Component>> read_components(const picoxx_plugin_descriptor& descriptor) {
    if (descriptor.components == nullptr || descriptor.component_count == 0) return damaged("it lists no components");
    if (descriptor.component_count > most_components) {
        return damaged("it lists " + std::to_string(descriptor.component_count) + " components");
    }
    if (descriptor.component_stride < sizeof(picoxx_component)) return wrong_size(descriptor.component_stride);

    std::vector<Component> components;
    for (std::uint32_t i = 0; i < descriptor.component_count; ++i) {
        picoxx_component entry;
        std::memcpy(
            &entry,
            reinterpret_cast<const std::byte*>(descriptor.components) + std::size_t{i} * descriptor.component_stride,
            sizeof entry);
        if (entry.size < sizeof entry) return wrong_size(entry.size);
        const std::string which = "component #" + std::to_string(i);
        if (entry.interface_id == nullptr || entry.name == nullptr || entry.summary == nullptr ||
            entry.create == nullptr || entry.destroy == nullptr) {
            return damaged(which + " has a null field");
        }
        if (!sdk::detail::is_plugin_name(entry.name)) {
            return damaged(which + " has the name \"" + printable(entry.name) + "\", which is not of a-z, 0-9 and _");
        }
        if (Status fits = check_interface(entry.name, printable(entry.interface_id), entry.interface_version);
            !fits.ok()) {
            return std::move(fits).error();
        }
        components.push_back({{printable(entry.interface_id), entry.name, entry.interface_version,
                               printable(entry.summary), field_text(descriptor.stamp.name)},
                              entry.create,
                              entry.destroy});
    }
    return components;
}

}  // namespace picoxx::detail
