#pragma once

#include <picoxx/testing/fake_answer.hpp>

#include <picoxx/port/discovery_source.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace picoxx::testing {

/// Drives a DiscoverySource, or a StatementRouter's questions, by itself: answers from a script and keeps the outcome.
class FakeDiscoveryContext final : public DiscoveryContext {
public:
    explicit FakeDiscoveryContext(Endpoint endpoint = {"127.0.0.1", 4327}) : endpoint_{std::move(endpoint)} {}

    /// Answers questions that contain `part`; the latest match wins. Without one they fail.
    void answer(std::string part, FakeAnswer answer) {
        answers_.insert(answers_.begin(), {std::move(part), std::move(answer)});
    }
    /// Rows handed over at once; all by default.
    void set_rows_per_block(std::size_t rows) { rows_per_block_ = rows; }

    /// One refresh from its start to its end, or to the question that hangs.
    template <class Source>
    void run(Source& source) {
        topology_.reset();
        error_.reset();
        ends_ = 0;
        queries_.clear();
        sink_ = nullptr;
        source.refresh(*this);
        while (sink_ != nullptr) {
            const FakeAnswer answer = find(queries_.back());
            if (answer.timing == FakeAnswer::Timing::when_released) return;
            deliver(answer, *std::exchange(sink_, nullptr));
        }
    }

    [[nodiscard]] const std::optional<Topology>& topology() const noexcept { return topology_; }
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }
    /// Calls of `publish` and `fail` in this run: one, unless a question hangs.
    [[nodiscard]] std::size_t ends() const noexcept { return ends_; }
    /// What was asked in this run, in order.
    [[nodiscard]] const std::vector<std::string>& queries() const noexcept { return queries_; }

    [[nodiscard]] const Endpoint& endpoint() const noexcept override { return endpoint_; }
    void query(CStringView sql, std::span<const Parameter>, ResponseSink& sink) noexcept override {
        EXPECT_EQ(sink_, nullptr) << "asked while another question is open: " << sql.view();
        EXPECT_EQ(ends_, 0U) << "asked after the end: " << sql.view();
        queries_.emplace_back(sql.view());
        sink_ = &sink;
    }
    void publish(Topology topology) noexcept override {
        ++ends_;
        topology_ = std::move(topology);
    }
    void fail(Error error) noexcept override {
        ++ends_;
        error_ = std::move(error);
    }

private:
    struct Script {
        std::string part;
        FakeAnswer answer;
    };

    [[nodiscard]] FakeAnswer find(const std::string& sql) const {
        for (const Script& script : answers_) {
            if (sql.find(script.part) != std::string::npos) return script.answer;
        }
        return error_answer(server_error("the fake has no answer for: " + sql));
    }

    void deliver(const FakeAnswer& answer, ResponseSink& sink) const {
        for (const OwnedNotice& notice : answer.notices) sink.on_notice(notice.view());
        auto rest = std::span{answer.rows};
        bool first = true;
        while (!answer.columns.empty() && (first || !rest.empty())) {
            const auto block = rest.first(std::min(rest.size(), rows_per_block_));
            rest = rest.subspan(block.size());
            first = false;
            EXPECT_EQ(sink.on_rows(std::make_unique<VectorRowBlock>(answer.columns,
                                                                    std::vector<Row>(block.begin(), block.end()))),
                      Flow::go_on)
                << "nobody resumes a question of a discovery source";
        }
        switch (answer.ending) {
            case FakeAnswer::Ending::complete: return sink.on_complete({answer.tag, answer.affected_rows});
            case FakeAnswer::Ending::error: return sink.on_error(answer.error);
            case FakeAnswer::Ending::lost_before_execution:
            case FakeAnswer::Ending::lost_after_execution: return sink.on_error(connection_lost(Effect::unknown));
        }
    }

    Endpoint endpoint_;
    std::vector<Script> answers_;
    std::size_t rows_per_block_ = static_cast<std::size_t>(-1);
    ResponseSink* sink_ = nullptr;
    std::vector<std::string> queries_;
    std::optional<Topology> topology_;
    std::optional<Error> error_;
    std::size_t ends_ = 0;
};

}  // namespace picoxx::testing
