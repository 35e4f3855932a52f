#pragma once

#include <picoxx/port/command.hpp>

#include <memory>
#include <vector>

namespace picoxx::libpq {

/// A copy of a command with all its bytes, for one that cannot be sent yet.
class OwnedCommand {
public:
    /// Throws std::bad_alloc.
    explicit OwnedCommand(const Command& command);

    /// Lifetime: this object's, also when it was moved to another place.
    [[nodiscard]] const Command& command() const noexcept { return command_; }
    /// Nothing follows in its batch.
    void end_batch() noexcept { command_.sync = Command::Sync::after; }

private:
    std::unique_ptr<char[]> bytes_;  // every text and value, each followed by a NUL
    std::vector<Parameter> parameters_;
    Command command_;
};

}  // namespace picoxx::libpq
