#define BOOST_DLL_USE_STD_FS  // NOLINT(readability-identifier-naming)
#include "library.hpp"

#include "plugin_text.hpp"

#include <picoxx/port/plugin_build.hpp>

#include <boost/dll/shared_library.hpp>

#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

namespace picoxx::detail {
namespace {

std::mutex& loading() {
    static auto* const mutex = new std::mutex;  // a library may be unmapped while static objects end
    return *mutex;
}

// Leaked on purpose, so that nothing is unmapped while the process ends.
std::map<void*, boost::dll::shared_library>& kept_libraries() {
    static auto* const libraries = new std::map<void*, boost::dll::shared_library>;
    return *libraries;
}

// Boost.DLL puts the linker's words in the middle of its own.
std::string linker_text(std::string_view text) {
    constexpr std::string_view before = "dlerror system message: ";
    if (const std::size_t start = text.find(before); start != std::string_view::npos) {
        text.remove_prefix(start + before.size());
        text = text.substr(0, text.rfind(')'));
    }
    return printable(text);
}

}  // namespace

struct Library::Handle {
    boost::dll::shared_library library;
};

Library::Library(std::unique_ptr<Handle> handle) noexcept : handle_{std::move(handle)} {}

Library::~Library() {
    const std::lock_guard lock{loading()};
    handle_.reset();
}

Result<std::shared_ptr<const Library>> Library::load(const std::string& path, Mapping mapping) {
    auto handle = std::make_unique<Handle>();
    try {
        const std::lock_guard lock{loading()};
        // Not the error_code form: it drops the linker's words. Not append_decorations: it hides errors.
        handle->library.load(std::filesystem::path{path},
                             boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
        if (mapping == Mapping::kept || PICOXX_PLUGIN_SANITIZED != 0) {
            kept_libraries().emplace(handle->library.native(), handle->library);
        }
    } catch (const std::exception& failure) {
        return make_error(Errc::plugin_load_failed, "the dynamic linker refused it: " + linker_text(failure.what()));
    }
    return std::shared_ptr<const Library>{new Library{std::move(handle)}};
}

const void* Library::symbol(const char* name) const noexcept {
    try {
        return handle_->library.has(name) ? &handle_->library.get<const unsigned char>(name) : nullptr;
    } catch (...) {
        return nullptr;
    }
}

}  // namespace picoxx::detail
