#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::devcluster {

/// What ALTER SYSTEM changes. Thread safety: all functions.
class SystemParameters {
public:
    SystemParameters();

    [[nodiscard]] static bool known(std::string_view name) noexcept;
    /// Default of a known parameter, as JSON.
    [[nodiscard]] static std::string default_value(std::string_view name);
    [[nodiscard]] static std::vector<std::string_view> names();

    /// @pre known(name)
    void set(std::string_view name, const std::string& json);

    [[nodiscard]] std::uint64_t statement_max() const noexcept { return statement_max_.load(); }
    [[nodiscard]] std::uint64_t portal_max() const noexcept { return portal_max_.load(); }
    [[nodiscard]] std::uint64_t login_attempt_max() const noexcept { return login_attempt_max_.load(); }
    [[nodiscard]] std::uint64_t motion_row_max() const noexcept { return motion_row_max_.load(); }
    [[nodiscard]] std::uint64_t vdbe_opcode_max() const noexcept { return vdbe_opcode_max_.load(); }

private:
    std::atomic<std::uint64_t> statement_max_;
    std::atomic<std::uint64_t> portal_max_;
    std::atomic<std::uint64_t> login_attempt_max_;
    std::atomic<std::uint64_t> motion_row_max_;
    std::atomic<std::uint64_t> vdbe_opcode_max_;
};

}  // namespace picoxx::devcluster
