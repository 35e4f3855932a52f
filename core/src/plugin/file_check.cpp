#include "file_check.hpp"

#include "elf_file.hpp"
#include "plugin_text.hpp"

#include <cerrno>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace picoxx::detail {
namespace {

Error insecure(const std::filesystem::path& path, const std::string& why) {
    return make_error(Errc::plugin_insecure_path, "refused: \"" + printable(path.native()) + "\" is " + why);
}

Status check_one(const std::filesystem::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return no_such_file(errno);
    }
    const uid_t user = ::geteuid();
    if (status.st_uid != 0 && status.st_uid != user) {
        return insecure(path, "owned by uid " + std::to_string(status.st_uid) + ", expected root" +
                                  (user == 0 ? std::string{} : " or uid " + std::to_string(user)));
    }
    const bool only_owners_remove = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0 && status.st_uid == 0;
    if (only_owners_remove) return {};
    if ((status.st_mode & S_IWOTH) != 0) return insecure(path, "writable by everyone");
    if ((status.st_mode & S_IWGRP) != 0) return insecure(path, "writable by its group");
    return {};
}

}  // namespace

Status check_owners(const std::filesystem::path& file) {
    for (std::filesystem::path path = file;; path = path.parent_path()) {
        if (Status status = check_one(path); !status.ok() || path == path.parent_path()) return status;
    }
}

}  // namespace picoxx::detail
