#pragma once

#include "server_end.hpp"

#include <picoxx/port/discovery_source.hpp>

#include <memory>
#include <span>
#include <utility>

namespace picoxx::simulation {

/// Asks a node for its catalogue, and publishes what that says.
class SimDiscoverySource final : public DiscoverySource {
public:
    void refresh(DiscoveryContext& context) noexcept override {
        context.query(CStringView{"catalogue"}, {}, *new Question{context});
    }

private:
    // Goes with its answer.
    class Question final : public ResponseSink {
    public:
        explicit Question(DiscoveryContext& context) noexcept : context_{context} {}
        void on_notice(const Notice&) noexcept override {}
        void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
        Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
        void on_result(std::unique_ptr<RowBlock> rows, const CommandTag&) noexcept override {
            const std::unique_ptr<Question> self{this};
            context_.publish(std::move(static_cast<CatalogueBlock&>(*rows).topology));
        }
        void on_error(Error error) noexcept override {
            const std::unique_ptr<Question> self{this};
            context_.fail(std::move(error));
        }

    private:
        DiscoveryContext& context_;
    };
};

}  // namespace picoxx::simulation
