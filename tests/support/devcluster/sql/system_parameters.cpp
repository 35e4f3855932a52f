#include "system_parameters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace picoxx::devcluster {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 28> defaults{{
    {"auth_password_length_min", "8"},
    {"auth_password_enforce_uppercase", "true"},
    {"auth_password_enforce_lowercase", "true"},
    {"auth_password_enforce_digits", "true"},
    {"auth_password_enforce_specialchars", "false"},
    {"auth_login_attempt_max", "4"},
    {"pg_statement_max", "100000"},
    {"pg_portal_max", "100000"},
    {"raft_snapshot_chunk_size_max", "16777216"},
    {"raft_snapshot_read_view_close_timeout", "86400.0"},
    {"raft_wal_size_max", "67108864"},
    {"raft_wal_count_max", "64"},
    {"governor_auto_offline_timeout", "30.0"},
    {"governor_raft_op_timeout", "3.0"},
    {"governor_common_rpc_timeout", "3.0"},
    {"governor_plugin_rpc_timeout", "10.0"},
    {"sql_vdbe_opcode_max", "45000"},
    {"sql_motion_row_max", "5000"},
    {"sql_storage_cache_count_max", "50"},
    {"sql_storage_cache_size_max", "20971520"},
    {"sql_preemption", "false"},
    {"sql_preemption_interval_us", "500"},
    {"read_preference", "\"leader\""},
    {"memtx_checkpoint_count", "2"},
    {"memtx_checkpoint_interval", "3600.0"},
    {"iproto_net_msg_max", "768"},
    {"shredding", "false"},
    {"plugin_check_migration_hash", "true"},
}};

const std::pair<std::string_view, std::string_view>* find(std::string_view name) noexcept {
    const auto* found = std::find_if(defaults.begin(), defaults.end(), [&](const auto& d) { return d.first == name; });
    return found == defaults.end() ? nullptr : found;
}

std::uint64_t number(std::string_view json) noexcept {
    std::uint64_t value = 0;
    std::from_chars(json.data(), json.data() + json.size(), value);
    return value;
}

}  // namespace

SystemParameters::SystemParameters()
    : statement_max_{100'000},
      portal_max_{100'000},
      login_attempt_max_{4},
      motion_row_max_{5'000},
      vdbe_opcode_max_{45'000} {}

bool SystemParameters::known(std::string_view name) noexcept { return find(name) != nullptr; }

std::string SystemParameters::default_value(std::string_view name) {
    const auto* found = find(name);
    return found != nullptr ? std::string{found->second} : std::string{"null"};
}

std::vector<std::string_view> SystemParameters::names() {
    std::vector<std::string_view> all;
    for (const auto& parameter : defaults) {
        all.push_back(parameter.first);
    }
    return all;
}

void SystemParameters::set(std::string_view name, const std::string& json) {
    if (name == "pg_statement_max") {
        statement_max_ = number(json);
    } else if (name == "pg_portal_max") {
        portal_max_ = number(json);
    } else if (name == "auth_login_attempt_max") {
        login_attempt_max_ = number(json);
    } else if (name == "sql_motion_row_max") {
        motion_row_max_ = number(json);
    } else if (name == "sql_vdbe_opcode_max") {
        vdbe_opcode_max_ = number(json);
    }
}

}  // namespace picoxx::devcluster
