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

// What is mapped, by the linker's handle. `kept` keeps it so.
struct Mapped {
    FileIdentity file;
    std::size_t users = 0;
    boost::dll::shared_library kept;
};

// Leaked on purpose, so that nothing is unmapped while the process ends.
std::map<void*, Mapped>& mapped_libraries() {
    static auto* const libraries = new std::map<void*, Mapped>;
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
    const auto mapped = mapped_libraries().find(handle_->library.native());
    if (--mapped->second.users == 0 && !mapped->second.kept.is_loaded()) mapped_libraries().erase(mapped);
    handle_.reset();
}

Result<std::shared_ptr<const Library>> Library::load(const std::filesystem::path& path, FileIdentity file,
                                                     Mapping mapping) {
    auto handle = std::make_unique<Handle>();
    std::shared_ptr<const Library> library;  // ends after the lock, which its destructor takes
    const std::lock_guard lock{loading()};
    try {
        // Not the error_code form: it drops the linker's words. Not append_decorations: it hides errors.
        handle->library.load(path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
        Mapped& mapped =
            mapped_libraries().try_emplace(handle->library.native(), Mapped{.file = file, .kept = {}}).first->second;
        ++mapped.users;
        library.reset(new Library{std::move(handle)});
        // The linker goes by the path, and gives the old library again where another file took its place.
        if (mapped.file != file) {
            return make_error(Errc::plugin_load_failed,
                              "the file was replaced since it was loaded, and the old library is still in use; end "
                              "what uses it, or restart the program");
        }
        if (identity_of(path) != file) {
            return make_error(Errc::plugin_load_failed, "the file was replaced while it was loaded; load it again");
        }
        // Not before: what is refused is not kept, so that it can be loaded again.
        if (mapping == Mapping::kept || PICOXX_PLUGIN_SANITIZED != 0) mapped.kept = library->handle_->library;
    } catch (const std::exception& failure) {
        return make_error(Errc::plugin_load_failed, "the dynamic linker refused it: " + linker_text(failure.what()));
    }
    return library;
}

const void* Library::symbol(const char* name) const noexcept {
    try {
        return handle_->library.has(name) ? &handle_->library.get<const unsigned char>(name) : nullptr;
    } catch (...) {
        return nullptr;
    }
}

}  // namespace picoxx::detail
