#pragma once

#include <picoxx/port/error.hpp>
#include <picoxx/port/row_block.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace picoxx {

/// A NoticeResponse. Lifetime of the views: the call.
struct Notice {
    std::string_view sqlstate;
    std::string_view severity;
    std::string_view message;
};

/// How a command ended well. Lifetime of the view: the call.
struct CommandTag {
    std::string_view text;                       ///< The server's command tag, such as `INSERT 0 1`.
    std::optional<std::uint64_t> affected_rows;  ///< The number in the tag, if it has one.
};

/// Whether a session may go on delivering rows.
enum class Flow : std::uint8_t { go_on, pause };

/// Hears the answer to one command. Implemented by the core, discovery sources and routers; called by a Session. A
/// session calls it only from within `advance` and `close`, never from `submit`. Exactly one of `on_result` and
/// `on_error` is called, and nothing after it, so the sink may be destroyed in it.
class ResponseSink {
public:
    /// A notice arrived while this command was the oldest one unanswered. It may belong to a later command of the
    /// session: who interprets it recognises it by its content.
    virtual void on_notice(const Notice& notice) noexcept = 0;
    /// The answer to a prepare with Describe::yes. Lifetime of the spans: the call.
    virtual void on_described(std::span<const Oid> parameters, std::span<const Column> columns) noexcept = 0;
    /// Rows of a streamed delivery, except the last ones. Those of a command that fails later are void. After `pause`
    /// nothing comes until `Session::resume`.
    virtual Flow on_rows(std::unique_ptr<RowBlock> block) noexcept = 0;
    /// The command succeeded. `rows`: all of them, or those of a stream that `on_rows` did not bring; null where there
    /// are none. A result without any row comes as a block of 0 rows, so that its columns are known.
    virtual void on_result(std::unique_ptr<RowBlock> rows, const CommandTag& tag) noexcept = 0;
    virtual void on_error(Error error) noexcept = 0;

protected:
    ~ResponseSink() = default;
};

}  // namespace picoxx
