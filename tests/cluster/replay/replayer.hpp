#pragma once

#include "raw_client.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace picoxx::testing {

/// Plays recorded conversations against a node; the other one serves what the recording did as an administrator.
class Replayer {
public:
    Replayer(std::uint16_t port, std::uint16_t admin_port) : port_{port}, admin_port_{admin_port} {}

    /// Set-up, the conversation, tear-down. @return what was received
    boost::json::array run(const boost::json::object& conversation);

private:
    boost::json::array converse(const boost::json::object& conversation);
    boost::json::array log_in(const boost::json::object& conversation) const;
    boost::json::array connect_again_and_again(const boost::json::object& conversation);
    boost::json::array before_start_up(const boost::json::object& conversation) const;
    boost::json::array ordinary(const boost::json::object& conversation);

    boost::json::array as_admin(std::string_view sql);
    void run_as_admin(const boost::json::array& statements);

    std::uint16_t port_;
    std::uint16_t admin_port_;
    std::unique_ptr<RawClient> admin_;
};

/// What is equal in every run: names that differ between clusters replaced, long lists of grammar rules cut.
[[nodiscard]] boost::json::value normalized(const boost::json::value& value);
/// Replaces the parts a conversation marks as volatile.
void blank_volatile(boost::json::array& messages, const boost::json::object& conversation);
/// Message kinds, SQLSTATEs, tags, types and row values, without texts.
[[nodiscard]] boost::json::array shape(const boost::json::array& messages);

}  // namespace picoxx::testing
