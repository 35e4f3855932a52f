#include <picoxx/testing/statement_router_contract.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace picoxx::testing {
namespace {

// The least that is a router: it learns one owner from a question of its own.
class OneOwner final : public StatementRouter {
public:
    Route route(CStringView, std::span<const Parameter>, RouteHint& hint) noexcept override {
        const std::lock_guard lock{mutex_};
        if (owner_.empty()) return Route::anywhere;
        hint.owner = replicaset_key(owner_);
        return Route::owner;
    }
    void on_notice(const Notice&) noexcept override {}
    void on_invalidated(CStringView) noexcept override {}
    void on_topology(const Topology&) noexcept override {}
    void refresh(DiscoveryContext& context) noexcept override {
        context.query("SELECT owner", {}, *new Answer{*this, context});
    }

private:
    // One refresh; goes with the answer.
    struct Answer final : ResponseSink {
        Answer(OneOwner& of, DiscoveryContext& asked) noexcept : router{of}, context{asked} {}
        void on_notice(const Notice&) noexcept override {}
        void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
        Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
        void on_result(std::unique_ptr<RowBlock> rows, const CommandTag&) noexcept override {
            const std::unique_ptr<Answer> self{this};
            {
                const std::lock_guard lock{router.mutex_};
                if (rows->row_count() > 0) router.owner_ = rows->field(0, 0).bytes();
            }
            context.publish({});
        }
        void on_error(Error error) noexcept override {
            const std::unique_ptr<Answer> self{this};
            context.fail(std::move(error));
        }

        OneOwner& router;
        DiscoveryContext& context;
    };

    std::mutex mutex_;
    std::string owner_;
};

INSTANTIATE_TEST_SUITE_P(
    least, StatementRouterContract,
    ::testing::Values(StatementRouterContractParam{
                          "answered", [] { return std::make_shared<OneOwner>(); },
                          [](FakeDiscoveryContext& context) {
                              context.answer("SELECT owner", rows_answer({{"owner", oid::text}}, {{"rs-1"}}));
                          },
                          [](StatementRouter& router, RouteHint& hint) { return router.route("SELECT 1", {}, hint); }},
                      StatementRouterContractParam{
                          "refused", [] { return std::make_shared<OneOwner>(); }, [](FakeDiscoveryContext&) {}, {}}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace picoxx::testing
