#pragma once

#include "descriptor.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

namespace picoxx::testing {

/// A shell script with a private directory under /tmp, which starts servers and ends them when its standard input ends:
/// with this object, and also when the whole process dies, however it dies. Started by root it runs as `postgres` or
/// `nobody`, since PostgreSQL refuses to be root.
class SupervisedScript {
public:
    /// @param name of the directory, with six characters more; short, since a socket's path has 107 bytes
    /// @param script of sh, begun in the directory, which is also `$directory`; its parameters are `arguments`. It
    /// starts one server in the background, puts its process into `server`, and ends, or fails by `stop 1`. The rest is
    /// done for it: the server is told by SIGQUIT, and the directory is removed.
    /// @throw std::runtime_error
    SupervisedScript(const std::string& name, const std::string& script, std::vector<std::string> arguments);
    /// Returns when the script has ended.
    ~SupervisedScript();
    SupervisedScript(const SupervisedScript&) = delete;
    SupervisedScript& operator=(const SupervisedScript&) = delete;

    [[nodiscard]] const std::string& directory() const noexcept { return directory_; }
    /// Takes up what the script says, for up to `time`. @return false where it has ended
    [[nodiscard]] bool listen(std::chrono::milliseconds time);
    /// All that it has said on both of its outputs.
    [[nodiscard]] const std::string& said() const noexcept { return said_; }

private:
    void stop() noexcept;

    std::string directory_;
    Descriptor lifeline_;  // never written to: its end tells the script to stop
    Descriptor status_;    // what the script says
    pid_t process_ = -1;
    std::string said_;
};

/// Where initdb and postgres are: what PICOXX_POSTGRES_BIN names, else the newest of Debian's.
/// @throw std::runtime_error where there are none
[[nodiscard]] std::string postgres_programs();

}  // namespace picoxx::testing
