#include "sql/server_error.hpp"

#include "sql/error_texts.hpp"
#include "sql/own_words.hpp"

#include <algorithm>
#include <array>

namespace picoxx {
namespace {

struct StateRow {
    std::string_view sqlstate;
    Condition condition;
};

// Parse, Bind, start-up and protocol errors: the statement was not executed, whatever the text quotes. Not among them:
// 0A000, which is also the state of a result that cannot be sent when the statement was executed.
constexpr std::array states{
    StateRow{"08P01", Condition::invalid_statement},  // number of parameters
    StateRow{"22P02", Condition::invalid_value},     StateRow{"22P03", Condition::invalid_value},
    StateRow{"26000", Condition::stale_plan},        StateRow{"28000", Condition::access_denied},
    StateRow{"28P01", Condition::access_denied},     StateRow{"42999", Condition::stale_plan},
    StateRow{"42601", Condition::syntax_error},
};

// Null for a SQLSTATE that says nothing.
const StateRow* find_state(std::string_view sqlstate) noexcept {
    static constexpr StateRow any_of_class_42{"42", Condition::other};
    const auto* const row = std::find_if(states.begin(), states.end(),
                                         [=](const StateRow& state) { return state.sqlstate == sqlstate; });
    if (row != states.end()) return row;
    return sqlstate.starts_with(any_of_class_42.sqlstate) ? &any_of_class_42 : nullptr;
}

constexpr ErrorText unknown_text{"", "", Condition::other, Told::nothing};

const ErrorText& find_text(std::string_view words) noexcept {
    const auto texts = error_texts();
    const auto row = std::find_if(texts.begin(), texts.end(), [=](const ErrorText& text) { return text.fits(words); });
    return row == texts.end() ? unknown_text : *row;
}

Effect effect_of(StatementKind kind, const OwnWords& found, Told told) noexcept {
    if (kind == StatementKind::read) return Effect::none;
    const bool refused = told == Told::not_executed || told == Told::stale || told == Told::store_full;
    if (found.form == ErrorForm::whole && (found.rolled_back || refused)) return Effect::none;
    if (told == Told::in_doubt || kind == StatementKind::define) return Effect::unknown;
    return Effect::partial;
}

}  // namespace

ServerErrorClass classify(StatementKind kind, RefusedAt refused_at, std::string_view sqlstate,
                          std::string_view text) noexcept {
    ServerErrorClass result;
    if (const StateRow* const state = find_state(sqlstate)) {
        result = {Effect::none, state->condition, state->condition == Condition::stale_plan, false};
        if (result.condition == Condition::other) result.condition = find_text(own_words(text).words).condition;
        return result;
    }
    const OwnWords found = own_words(text);
    const ErrorText& row = find_text(found.words);
    result.effect = refused_at == RefusedAt::parse ? Effect::none : effect_of(kind, found, row.told);
    result.condition = row.condition;
    // What a storage refused as stale, another one may have executed: only reads may be sent again.
    result.stale = row.told == Told::stale && (found.form == ErrorForm::whole || kind == StatementKind::read);
    result.store_full = found.form == ErrorForm::whole && row.told == Told::store_full;
    return result;
}

}  // namespace picoxx
