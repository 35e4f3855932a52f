#pragma once

#include <picoxx/port/discovery_source.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace picoxx::testing {

/// Publishes the topologies, or fails with the errors, it was given: each once, the last one for ever.
/// Thread safety: any.
class FakeDiscoverySource final : public DiscoverySource {
public:
    FakeDiscoverySource() = default;
    explicit FakeDiscoverySource(Topology topology) { then_publish(std::move(topology)); }

    void then_publish(Topology topology) { push(std::move(topology)); }
    void then_fail(Error error) { push(std::move(error)); }
    /// From now on a refresh asks the server first, and ends with its answer; an error of it ends the refresh.
    void ask_first(std::string sql) {
        const std::lock_guard lock{mutex_};
        question_ = std::move(sql);
    }
    /// Refreshes begun so far.
    [[nodiscard]] std::size_t refreshes() const {
        const std::lock_guard lock{mutex_};
        return refreshes_;
    }

    void refresh(DiscoveryContext& context) noexcept override {
        std::optional<std::string> question;
        {
            const std::lock_guard lock{mutex_};
            ++refreshes_;
            question = question_;
        }
        if (!question) return end(context);
        context.query(*question, {}, *new Asking{*this, context});
    }

private:
    using Outcome = std::variant<Topology, Error>;

    // One refresh that asks; goes with the answer.
    class Asking final : public ResponseSink {
    public:
        Asking(FakeDiscoverySource& source, DiscoveryContext& context) noexcept : source_{source}, context_{context} {}

        void on_notice(const Notice&) noexcept override {}
        void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
        Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
        void on_result(std::unique_ptr<RowBlock>, const CommandTag&) noexcept override {
            const std::unique_ptr<Asking> self{this};
            source_.end(context_);
        }
        void on_error(Error error) noexcept override {
            const std::unique_ptr<Asking> self{this};
            context_.fail(std::move(error));
        }

    private:
        FakeDiscoverySource& source_;
        DiscoveryContext& context_;
    };

    void push(Outcome outcome) {
        const std::lock_guard lock{mutex_};
        outcomes_.push_back(std::move(outcome));
    }

    void end(DiscoveryContext& context) {
        Outcome outcome = make_error(Errc::discovery_failed, "the fake was given no topology");
        {
            const std::lock_guard lock{mutex_};
            if (!outcomes_.empty()) outcome = outcomes_.front();
            if (outcomes_.size() > 1) outcomes_.pop_front();
        }
        if (Topology* topology = std::get_if<Topology>(&outcome)) {
            context.publish(std::move(*topology));
        } else {
            context.fail(std::move(*std::get_if<Error>(&outcome)));
        }
    }

    mutable std::mutex mutex_;
    std::deque<Outcome> outcomes_;
    std::optional<std::string> question_;
    std::size_t refreshes_ = 0;
};

}  // namespace picoxx::testing
