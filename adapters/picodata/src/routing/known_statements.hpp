#pragma once

#include "bucket_map.hpp"
#include "lesson.hpp"
#include "question.hpp"
#include "quick_hash.hpp"
#include "spin_lock.hpp"
#include "statement_words.hpp"

#include <picoxx/port/statement_router.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace picoxx {

/// What is learned of statements, and which of their executions are to be explained. A statement is a text with the
/// types of its parameters; a hash of them stands for both, so two of the same hash would share a lesson, which costs a
/// hop. Bounded: of those that are seen more rarely than others nothing is kept.
/// Thread safety: all functions; `route` locks one of several parts, for as long as it takes to compute the owner.
class KnownStatements {
public:
    static constexpr std::size_t most_statements = 4'096;
    static constexpr std::size_t most_questions = 64;
    static constexpr std::size_t longest_text = 8'192;  ///< Of longer ones nothing is learned.

    /// As StatementRouter::route.
    [[nodiscard]] StatementRouter::Route route(CStringView sql, std::span<const Parameter> parameters,
                                               RouteHint& hint) noexcept;
    /// What was learned of it is in doubt; of a text that changes tables, all is.
    void doubt(CStringView sql) noexcept;
    void use(const std::shared_ptr<const BucketMaps>& maps) noexcept;

    /// The oldest one that is open.
    [[nodiscard]] std::optional<RoutingQuestion> next_question();
    /// EXPLAIN has told the buckets, in this tier.
    void answered(const RoutingQuestion& question, const BucketSet& set, std::string_view tier);
    /// The server refuses to explain it.
    void refused(const RoutingQuestion& question);
    /// It was not answered, for reasons of its own: another execution will be asked about, some time later.
    void unanswered(const RoutingQuestion& question) noexcept;

private:
    // What is known of one statement.
    struct Statement {
        std::string sql;
        Lesson lesson;
        std::string tier;
        const BucketMap* map = nullptr;  // of the tier, in the part's maps
        std::uint64_t executions = 0;
        std::uint64_t ask_at = 0;    // counted in executions
        std::uint32_t answers = 0;   // since the lesson was learned
        std::uint32_t open = 0;      // questions
        std::uint32_t changes = 0;   // of tables, when it was asked last
        std::uint64_t asked_of = 0;  // the values that were asked last
        bool is_used = false;        // again, since the last look for those that are not
        StatementVerb verb = StatementVerb::other;

        void set_next_question() noexcept;
    };
    struct Recent {
        std::uint64_t number = 0;
        Statement* statement = nullptr;
    };
    struct Part {
        SpinLock lock;
        std::array<Recent, 256> recent{};  // by a part of the number: where most are found
        std::unordered_map<std::uint64_t, std::unique_ptr<Statement>> statements;
        std::shared_ptr<const BucketMaps> maps;
        std::array<std::uint64_t, 256> seen_once{};  // without parameters
    };

    [[nodiscard]] Part& part_of(std::uint64_t number) noexcept { return parts_[number >> 61U]; }
    [[nodiscard]] Statement* first_seen(Part& part, std::uint64_t number, CStringView sql,
                                        std::span<const Parameter> parameters);
    static void make_room(Part& part);
    [[nodiscard]] StatementRouter::Route route_anew(Part& part, std::uint64_t number, CStringView sql,
                                                    std::span<const Parameter> parameters, RouteHint& hint) noexcept;
    void ask(Statement& statement, std::uint64_t number, std::span<const Parameter> parameters,
             RouteHint& hint) noexcept;
    [[nodiscard]] static StatementRouter::Route owner(const Statement& statement, std::span<const Parameter> parameters,
                                                      RouteHint& hint) noexcept;
    /// A question about it has come to its end.
    static void close(Statement& statement) noexcept;
    template <class Action>
    void with_statement(const RoutingQuestion& question, Action&& action);

    std::array<Part, 8> parts_;
    std::atomic<std::uint32_t> changes_{0};  // statements that change tables
    std::mutex questions_mutex_;
    std::deque<RoutingQuestion> questions_;
};

}  // namespace picoxx
