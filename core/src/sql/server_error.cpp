#include "sql/server_error.hpp"

#include <algorithm>
#include <array>

namespace picoxx {
namespace {

struct TextRow {
    std::string_view part;
    Effect effect;
    bool stale_statement = false;
};

// The first row whose text occurs decides.
constexpr std::array text_rows{
    // The plan is out of date, or the statement is not there.
    TextRow{"has been invalidated", Effect::none, true},
    TextRow{"storage schema version different from router", Effect::none, true},
    TextRow{"space metadata for table", Effect::none, true},
    TextRow{"Couldn't find statement", Effect::none, true},
    TextRow{"cached plan must not change result type", Effect::none, true},
    // A storage node called its coordinator back over a dead link for a plan (26.1): only SELECT, nothing applied.
    TextRow{"proc_query_metadata call failed", Effect::none},
    // The target died or time ran out while it worked.
    TextRow{"Peer closed", Effect::unknown},
    TextRow{"unexpected end of file", Effect::unknown},
    TextRow{"Timeout exceeded", Effect::unknown},
    TextRow{"Timeout: timeout", Effect::unknown},
    TextRow{"timeout exceeded", Effect::unknown},
    TextRow{"failed to receive acknowledgements from all instances", Effect::unknown},
    // The cluster was changing; measured as never applied.
    TextRow{"Object is outdated after module reload", Effect::none},
    TextRow{"Readonly: Can't modify data on a read-only instance", Effect::none},
    TextRow{"no router found for tier", Effect::none},
    TextRow{"Failed to add a storage reference", Effect::none},
    TextRow{"NO_ROUTE_TO_BUCKET", Effect::none},
    TextRow{"cannot be found. Is rebalancing in progress?", Effect::none},
    TextRow{"failed to connect to address", Effect::none},
    TextRow{"proposal dropped", Effect::none},
    TextRow{"TableNotOperable", Effect::none},
    TextRow{"leader is unknown yet", Effect::none},
    TextRow{"Not initialized yet", Effect::none},
    // Refused before execution.
    TextRow{"rule parsing error", Effect::none},
    TextRow{"AccessDenied", Effect::none},
    TextRow{"storage is full", Effect::none},
    TextRow{"could not resolve operator overload", Effect::none},
    TextRow{"inconsistent types", Effect::none},
    TextRow{"invalid query", Effect::none},
    TextRow{"invalid column", Effect::none},
    TextRow{"invalid OptionSpec", Effect::none},
    TextRow{"invalid primary key", Effect::none},
    TextRow{"unsupported query", Effect::none},
    TextRow{"consider using explicit type casts", Effect::none},
    TextRow{"but expression is of type", Effect::none},
    TextRow{"Couldn't find portal", Effect::none},
    TextRow{"already exists", Effect::none},
    TextRow{"does not exist", Effect::none},
    TextRow{"doesn't exist", Effect::none},
    TextRow{"table with name", Effect::none},
    TextRow{"column with name", Effect::none},
    TextRow{"SQL function", Effect::none},
    TextRow{"sbroad: space ", Effect::none},
    TextRow{"sbroad: column ", Effect::none},
    TextRow{"ddl operation was aborted", Effect::none},
    // A write to a global table is one batch: all or nothing.
    TextRow{"server responded with error: TupleFound", Effect::none},
};

// Parse, Bind, start-up and protocol errors: the statement was not executed.
constexpr std::array<std::string_view, 10> states_before_execution{"08P01", "0A000", "22P02", "22P03", "26000",
                                                                   "28000", "28P01", "42P03", "42P05", "42999"};

}  // namespace

ServerErrorClass classify(StatementKind kind, std::string_view sqlstate, std::string_view text) noexcept {
    ServerErrorClass result;
    // What follows quotes rows, and their data must not decide.
    constexpr std::string_view duplicate = "Duplicate key exists";
    text = text.substr(0, text.find(duplicate));
    const auto* const row = std::find_if(text_rows.begin(), text_rows.end(), [text](const TextRow& candidate) {
        return text.find(candidate.part) != std::string_view::npos;
    });
    if (sqlstate == "42999" || sqlstate == "26000") {
        result = {Effect::none, true};
    } else if (row != text_rows.end()) {
        result = {row->effect, row->stale_statement};
    } else if (std::find(states_before_execution.begin(), states_before_execution.end(), sqlstate) !=
                   states_before_execution.end() ||
               sqlstate.substr(0, 2) == "42") {
        result.effect = Effect::none;
    } else {
        result.effect = kind == StatementKind::write ? Effect::partial : Effect::unknown;
    }
    if (kind == StatementKind::read) result.effect = Effect::none;
    return result;
}

}  // namespace picoxx
