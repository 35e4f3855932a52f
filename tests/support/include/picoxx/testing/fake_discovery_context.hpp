#pragma once

#include <picoxx/testing/fake_answer.hpp>

#include <picoxx/port/discovery_source.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx::testing {

/// Drives a DiscoverySource, or a StatementRouter's questions, by itself: answers from a script and keeps the outcome.
class FakeDiscoveryContext final : public DiscoveryContext {
public:
    explicit FakeDiscoveryContext(Endpoint endpoint = {"127.0.0.1", 4327}, std::string user = "app")
        : endpoint_{std::move(endpoint)}, user_{std::move(user)} {}
    ~FakeDiscoveryContext() { lose_connection(); }

    // --- the script ---

    /// Answers questions that contain `part`; the latest match wins. Without one they fail. May follow the question.
    void answer(std::string part, FakeAnswer answer) {
        answers_.insert(answers_.begin(), {std::move(part), std::move(answer)});
    }
    /// The same, with an answer that depends on what is asked: it wins over the others, and precedes the question.
    using Answering = std::function<FakeAnswer(std::string_view sql, std::span<const Parameter> parameters)>;
    void answer(std::string part, Answering answering) {
        answering_.insert(answering_.begin(), {std::move(part), std::move(answering)});
    }
    /// From now on no question can be sent, as over a session that refuses the command.
    void refuse_questions(Error error) { refusal_ = std::move(error); }

    // --- a refresh ---

    /// One refresh from its start to its end, or to the question that hangs.
    template <class Source>
    void run(Source& source) {
        start(source);
        while (answer_question()) {
        }
    }
    /// Only its start. What an earlier refresh left open is lost.
    template <class Source>
    void start(Source& source) {
        lose_connection();
        topology_.reset();
        error_.reset();
        ends_ = 0;
        queries_.clear();
        source.refresh(*this);
    }
    /// Answers the open question. False: none is open, or it hangs.
    bool answer_question() {
        if (sink_ == nullptr) return false;
        const FakeAnswer answer = computed_ ? *std::exchange(computed_, std::nullopt) : find(queries_.back());
        if (answer.timing == FakeAnswer::Timing::when_released) return false;
        deliver(answer, *std::exchange(sink_, nullptr));
        return true;
    }
    /// The open question is lost, as with the session it was sent over; so are those that are asked instead.
    void lose_connection() {
        while (sink_ != nullptr) std::exchange(sink_, nullptr)->on_error(connection_lost(Effect::unknown));
    }

    // --- what came of it ---

    [[nodiscard]] const std::optional<Topology>& topology() const noexcept { return topology_; }
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }
    /// Calls of `publish` and `fail` in this run: one, unless a question hangs.
    [[nodiscard]] std::size_t ends() const noexcept { return ends_; }
    /// What was asked in this run, in order.
    [[nodiscard]] const std::vector<std::string>& queries() const noexcept { return queries_; }

    // --- for the source ---

    [[nodiscard]] const Endpoint& endpoint() const noexcept override { return endpoint_; }
    [[nodiscard]] std::string_view user() const noexcept override { return user_; }
    void query(CStringView sql, std::span<const Parameter> parameters, ResponseSink& sink) noexcept override {
        EXPECT_EQ(sink_, nullptr) << "asked while another question is open: " << sql.view();
        EXPECT_EQ(ends_, 0U) << "asked after the end: " << sql.view();
        queries_.emplace_back(sql.view());
        if (refusal_) return sink.on_error(*refusal_);
        computed_.reset();
        for (const auto& [part, answering] : answering_) {
            if (computed_ || sql.view().find(part) == std::string_view::npos) continue;
            computed_ = answering(sql, parameters);
        }
        sink_ = &sink;
    }
    void publish(Topology topology) noexcept override {
        end();
        topology_ = std::move(topology);
    }
    void fail(Error error) noexcept override {
        end();
        error_ = std::move(error);
    }

private:
    struct Script {
        std::string part;
        FakeAnswer answer;
    };

    void end() {
        ++ends_;
        EXPECT_EQ(sink_, nullptr) << "ended while a question is open: " << queries_.back();
    }

    [[nodiscard]] FakeAnswer find(const std::string& sql) const {
        for (const Script& script : answers_) {
            if (sql.find(script.part) != std::string::npos) return script.answer;
        }
        return error_answer(server_error("the fake has no answer for: " + sql));
    }

    static void deliver(const FakeAnswer& answer, ResponseSink& sink) {
        for (const OwnedNotice& notice : answer.notices) sink.on_notice(notice.view());
        switch (answer.ending) {
            case FakeAnswer::Ending::complete:
                return sink.on_result(answer.block(), {answer.tag, answer.affected_rows});
            case FakeAnswer::Ending::error: return sink.on_error(answer.error);
            case FakeAnswer::Ending::lost_before_execution:
            case FakeAnswer::Ending::lost_after_execution: return sink.on_error(connection_lost(Effect::unknown));
        }
    }

    Endpoint endpoint_;
    std::string user_;
    std::vector<Script> answers_;
    std::vector<std::pair<std::string, Answering>> answering_;
    std::optional<FakeAnswer> computed_;  // to the open question
    std::optional<Error> refusal_;
    ResponseSink* sink_ = nullptr;
    std::vector<std::string> queries_;
    std::optional<Topology> topology_;
    std::optional<Error> error_;
    std::size_t ends_ = 0;
};

}  // namespace picoxx::testing
