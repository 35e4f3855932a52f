#include "known_statements.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace picoxx {
namespace {

using Route = StatementRouter::Route;

// Of the text and the types.
std::uint64_t number_of(CStringView sql, std::span<const Parameter> parameters) noexcept {
    QuickHash hash;
    hash.add(sql.c_str(), sql.size());
    for (const Parameter& parameter : parameters) hash.add(parameter.type);
    return hash.value();
}

std::uint64_t hash_of_values(std::span<const Parameter> parameters) noexcept {
    QuickHash hash;
    for (const Parameter& parameter : parameters) {
        if (parameter.value) {
            hash.add(parameter.value->data(), parameter.value->size());
        } else {
            hash.add(0);
        }
    }
    return hash.value() | 1U;  // 0: none
}

}  // namespace

// What is learned is looked at now and then, the more rarely the longer it holds, what cannot be learned rarely.
void KnownStatements::Statement::set_next_question() noexcept {
    constexpr std::uint64_t soon = 1'000, rarely = 10'000;
    constexpr std::uint32_t most_doublings = 10;
    switch (lesson.state()) {
        case Lesson::State::open: ask_at = executions; break;
        case Lesson::State::learned: ask_at = executions + (soon << std::min(answers, most_doublings)); break;
        case Lesson::State::unroutable: ask_at = executions + rarely; break;
    }
}

Route KnownStatements::route(CStringView sql, std::span<const Parameter> parameters, RouteHint& hint) noexcept {
    if (sql.size() > longest_text) return Route::anywhere;
    const std::uint64_t number = number_of(sql, parameters);
    Part& part = part_of(number);
    const std::lock_guard lock{part.lock};
    const Recent& recent = part.recent[number % part.recent.size()];
    if (recent.number != number || recent.statement == nullptr) [[unlikely]]
        return route_anew(part, number, sql, parameters, hint);
    Statement& statement = *recent.statement;
    statement.is_used = true;
    const bool is_outdated = statement.changes != changes_.load(std::memory_order_relaxed);
    if (++statement.executions > statement.ask_at || is_outdated) [[unlikely]]
        ask(statement, number, parameters, hint);
    if (statement.lesson.state() != Lesson::State::learned) return Route::anywhere;
    return owner(statement, parameters, hint);
}

// It was not seen for some time, or never.
Route KnownStatements::route_anew(Part& part, std::uint64_t number, CStringView sql,
                                  std::span<const Parameter> parameters, RouteHint& hint) noexcept try {
    const auto found = part.statements.find(number);
    const bool is_known = found != part.statements.end();
    Statement* const statement = is_known ? found->second.get() : first_seen(part, number, sql, parameters);
    if (statement == nullptr) return Route::anywhere;
    part.recent[number % part.recent.size()] = {number, statement};
    statement->is_used = is_known;
    ++statement->executions;
    ask(*statement, number, parameters, hint);
    if (statement->lesson.state() != Lesson::State::learned) return Route::anywhere;
    return owner(*statement, parameters, hint);
} catch (const std::bad_alloc&) {
    return Route::anywhere;
}

Route KnownStatements::owner(const Statement& statement, std::span<const Parameter> parameters,
                             RouteHint& hint) noexcept {
    if (statement.map == nullptr) return Route::anywhere;
    const BucketMap& map = *statement.map;
    for (const KeyGuess& guess : statement.lesson.guesses()) {
        const std::uint32_t bucket = guess.bucket(parameters, map.bucket_count());
        if (bucket == 0 || bucket > map.bucket_count()) return Route::anywhere;
        const ReplicasetKey owner = map.owner(bucket);
        if (hint.owner != ReplicasetKey::none && hint.owner != owner) return Route::anywhere;
        hint.owner = owner;
        hint.bucket = bucket;
    }
    return hint.owner != ReplicasetKey::none ? Route::owner : Route::anywhere;
}

// Texts without parameters are kept only when they come again: there may be many of them, each with values of its own.
KnownStatements::Statement* KnownStatements::first_seen(Part& part, std::uint64_t number, CStringView sql,
                                                        std::span<const Parameter> parameters) {
    const StatementVerb verb = verb_of(sql);
    if (verb == StatementVerb::defines) return nullptr;
    if (parameters.empty()) {
        std::uint64_t& seen = part.seen_once[number % part.seen_once.size()];
        if (std::exchange(seen, number) != number) return nullptr;
    }
    make_room(part);
    auto statement = std::make_unique<Statement>();
    statement->sql = sql.view();
    statement->changes = changes_.load(std::memory_order_relaxed);
    statement->verb = verb;
    if (statement->verb != StatementVerb::may_have_a_key) statement->lesson.refuse();
    statement->set_next_question();
    return part.statements.emplace(number, std::move(statement)).first->second.get();
}

void KnownStatements::make_room(Part& part) {
    constexpr std::size_t most = most_statements / std::tuple_size_v<decltype(parts_)>;
    if (part.statements.size() < most) return;
    // Seen once, or not since the last time that room was made.
    const auto is_idle = [](const auto& entry) {
        return entry.second->open == 0 && !std::exchange(entry.second->is_used, false);
    };
    if (std::erase_if(part.statements, is_idle) == 0) part.statements.erase(part.statements.begin());
    part.recent = {};
}

void KnownStatements::ask(Statement& statement, std::uint64_t number, std::span<const Parameter> parameters,
                          RouteHint& hint) noexcept try {
    if (statement.executions <= statement.ask_at && statement.changes == changes_.load(std::memory_order_relaxed))
        return;
    // The first two executions are asked about at once, so that the third one is routed.
    constexpr std::uint32_t most_open = 2;
    if (statement.open >= most_open) return;
    const std::uint32_t changes = changes_.load(std::memory_order_relaxed);
    const bool is_outdated = std::exchange(statement.changes, changes) != changes;
    if (statement.verb != StatementVerb::may_have_a_key) return statement.set_next_question();
    const bool is_small = RoutingQuestion::may_be_kept(parameters);
    const std::uint64_t values = is_small ? hash_of_values(parameters) : 0;
    // The same values would tell the same.
    if (is_small && statement.asked_of == values && !is_outdated && !parameters.empty()) return;
    if (!is_small) statement.lesson.refuse();
    if (statement.lesson.state() != Lesson::State::open) statement.set_next_question();
    if (!is_small) return;
    const std::lock_guard lock{questions_mutex_};
    if (questions_.size() >= most_questions) return;
    questions_.emplace_back(number, CStringView{statement.sql}, parameters);
    statement.asked_of = values;
    ++statement.open;
    hint.asks = true;
} catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): another execution will be asked about
}

void KnownStatements::doubt(CStringView sql) noexcept {
    if (verb_of(sql) == StatementVerb::defines) {
        changes_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    for (Part& part : parts_) {
        const std::lock_guard lock{part.lock};
        for (auto& [number, statement] : part.statements) {
            if (statement->verb == StatementVerb::may_have_a_key && statement->sql == sql.view())
                statement->changes = changes_.load(std::memory_order_relaxed) - 1;
        }
    }
}

void KnownStatements::use(const std::shared_ptr<const BucketMaps>& maps) noexcept {
    for (Part& part : parts_) {
        const std::lock_guard lock{part.lock};
        part.maps = maps;
        for (auto& [number, statement] : part.statements)
            statement->map = statement->tier.empty() ? nullptr : find_map(*maps, statement->tier);
    }
}

std::optional<RoutingQuestion> KnownStatements::next_question() {
    const std::lock_guard lock{questions_mutex_};
    if (questions_.empty()) return std::nullopt;
    std::optional<RoutingQuestion> next{std::move(questions_.front())};
    questions_.pop_front();
    return next;
}

template <class Action>
void KnownStatements::with_statement(const RoutingQuestion& question, Action&& action) {
    Part& part = part_of(question.statement());
    const std::lock_guard lock{part.lock};
    const auto found = part.statements.find(question.statement());
    if (found == part.statements.end() || found->second->sql != question.sql()) return;
    action(part, *found->second);
}

void KnownStatements::close(Statement& statement) noexcept {
    if (statement.open > 0) --statement.open;
}

// Learning takes its time, and is done on a copy: executions go on meanwhile.
void KnownStatements::answered(const RoutingQuestion& question, const BucketSet& set, std::string_view tier) {
    Lesson lesson;
    std::uint32_t bucket_count = 0;
    with_statement(question, [&](Part& part, Statement& statement) {
        lesson = statement.lesson;
        if (!tier.empty()) statement.tier = tier;
        statement.map = part.maps != nullptr ? find_map(*part.maps, statement.tier) : nullptr;
        bucket_count = statement.map != nullptr ? statement.map->bucket_count() : 0;
    });
    // Which of several tiers it is about is not known.
    if (bucket_count == 0 && set.kind == BucketSet::Kind::some) return refused(question);
    lesson.observe(question.parameters(), set, bucket_count);
    with_statement(question, [&](Part&, Statement& statement) {
        close(statement);
        const bool holds = lesson.state() == Lesson::State::learned;
        statement.answers = holds ? statement.answers + 1 : 0;
        statement.lesson = std::move(lesson);
        statement.set_next_question();
    });
}

void KnownStatements::refused(const RoutingQuestion& question) {
    with_statement(question, [](Part&, Statement& statement) {
        close(statement);
        statement.lesson.refuse();
        statement.set_next_question();
    });
}

void KnownStatements::unanswered(const RoutingQuestion& question) noexcept {
    constexpr std::uint64_t pause = 100;
    with_statement(question, [](Part&, Statement& statement) {
        close(statement);
        statement.asked_of = 0;
        statement.ask_at = statement.executions + pause;
    });
}

}  // namespace picoxx
