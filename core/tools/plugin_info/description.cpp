#include "description.hpp"

#include <picoxx/plugin_registry.hpp>

#include <string_view>

namespace picoxx::plugin_info {
namespace {

// A path can hold anything; a terminal obeys control characters.
std::string shown(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
    }
    return text;
}

class Lines {
public:
    void add(std::string_view key, std::string_view value) {
        constexpr std::size_t width = 12;
        text_ += key;
        text_ += ':';
        text_.append(width - key.size(), ' ');
        text_ += value;
        text_ += '\n';
    }
    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    std::string text_;
};

void add_info(Lines& lines, const PluginInfo& info) {
    lines.add("name", info.name);
    lines.add("version", info.version);
    for (const ComponentInfo& component : info.components) {
        lines.add("component", component.interface_id + '/' + component.name + ", interface version " +
                                   std::to_string(component.interface_version) + ": " + component.summary);
    }
    if (info.components.empty()) lines.add("component", "none is listed");
    lines.add("build", info.build);
    lines.add("toolchain", info.toolchain);
    lines.add("picoxx", info.picoxx_version);
    lines.add("plugin ABI", std::to_string(info.abi_major) + '.' + std::to_string(info.abi_minor));
    lines.add("flags", info.keep_mapped ? "keep_mapped" : "none");
}

}  // namespace

Description describe(const std::filesystem::path& absolute) {
    Lines lines;
    lines.add("file", shown(absolute.native()));
    Result<PluginInfo> info = PluginRegistry::try_inspect(absolute);
    if (info.ok() && !info->name.empty()) add_info(lines, *info);
    const Error refusal = info.ok() ? info->refusal : info.error();
    if (refusal) {
        lines.add("refused", std::string{to_string(refusal.code)} + ": " + refusal.text);
    } else {
        lines.add("verdict", "this program would load it");
        const std::string searched = "picoxx_" + info->name + ".so";
        if (absolute.filename() != searched) lines.add("note", "load(\"" + info->name + "\") looks for " + searched);
    }
    return {.text = std::move(lines).take(), .is_loadable = !refusal};
}

}  // namespace picoxx::plugin_info
