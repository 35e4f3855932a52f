#include "router_refresh.hpp"

#include <new>
#include <string_view>

namespace picoxx {
namespace {

std::string quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char letter : text) quoted += letter == '\'' ? std::string{"''"} : std::string{letter};
    return quoted + '\'';
}

}  // namespace

void RouterRefresh::start(DiscoveryContext& context, std::shared_ptr<RoutingKnowledge> knowledge) noexcept {
    auto* const refresh = new (std::nothrow) RouterRefresh{context, std::move(knowledge)};
    if (refresh == nullptr) return context.fail(make_error(Errc::out_of_memory, "no memory to ask about routes"));
    refresh->go_on([refresh] {
        refresh->tiers_ = refresh->knowledge_->tiers_due();
        refresh->ask_for_map();
    });
}

RouterRefresh::~RouterRefresh() {
    if (question_) knowledge_->statements().unanswered(*question_);
}

// Out of memory is one more way for a refresh to fail. @pre nothing of `action` comes after what may end the refresh
template <class Action>
void RouterRefresh::go_on(Action&& action) noexcept {
    try {
        action();
    } catch (const std::bad_alloc&) {
        end(make_error(Errc::out_of_memory, "no memory to ask about routes"));
    }
}

void RouterRefresh::ask_for_map() noexcept {
    stage_ = Stage::maps;
    if (next_tier_ == tiers_.size()) {
        return go_on([this] {
            if (!maps_.empty()) knowledge_->use(std::move(maps_));
            ask_to_explain();
        });
    }
    go_on([this] {
        sql_ = "SELECT _pico_bucket(" + quoted(tiers_[next_tier_]) + ')';
        context_.query(sql_, {}, *this);
    });
}

void RouterRefresh::ask_to_explain() noexcept {
    if (explained_++ == most_explained) return end({});
    go_on([this] {
        // Without a map no bucket has an owner.
        if (knowledge_->has_maps()) question_ = knowledge_->statements().next_question();
        if (!question_) return end({});
        explain(knowledge_->explains_all() ? Stage::explanation : Stage::buckets);
    });
}

void RouterRefresh::explain(Stage stage) noexcept {
    stage_ = stage;
    go_on([this] {
        tier_.clear();
        sql_ = (stage_ == Stage::buckets ? "EXPLAIN (BUCKETS) " : "EXPLAIN ") + question_->sql();
        context_.query(sql_, question_->parameters(), *this);
    });
}

void RouterRefresh::end(Error error) noexcept {
    const std::unique_ptr<RouterRefresh> self{this};
    if (stage_ == Stage::maps && error) knowledge_->maps_failed();
    if (error) return context_.fail(std::move(error));
    context_.publish({});
}

void RouterRefresh::on_result(std::unique_ptr<RowBlock> rows, const CommandTag&) noexcept {
    go_on([&] {
        if (stage_ == Stage::maps) {
            read_map(rows.get());
            ++next_tier_;
            return ask_for_map();
        }
        read_explanation(rows.get());
        ask_to_explain();
    });
}

void RouterRefresh::read_map(const RowBlock* rows) {
    if (rows == nullptr || rows->row_count() != 1 || rows->column_count() != 1) return knowledge_->maps_failed();
    Result<BucketMap> map = BucketMap::read(tiers_[next_tier_], rows->field(0, 0).bytes());
    if (!map.ok()) return knowledge_->maps_failed();
    maps_.push_back(*std::move(map));
}

void RouterRefresh::read_explanation(const RowBlock* rows) {
    const std::size_t count = rows == nullptr || rows->column_count() == 0 ? 0 : rows->row_count();
    const BucketSet set = count == 0 ? BucketSet{} : read_buckets(rows->field(count - 1, 0).bytes());
    const RoutingQuestion question = *std::exchange(question_, std::nullopt);
    knowledge_->statements().answered(question, set, tier_.empty() ? knowledge_->only_tier() : tier_);
}

void RouterRefresh::on_notice(const Notice&) noexcept {}

void RouterRefresh::on_error(Error error) noexcept {
    if (error.code != Errc::server_error) return end(std::move(error));
    switch (stage_) {
        case Stage::maps:  // a tier without buckets, or too old a server
            ++next_tier_;
            return ask_for_map();
        case Stage::buckets: return explain(Stage::explanation);
        case Stage::explanation: break;
    }
    go_on([this] {
        knowledge_->statements().refused(*std::exchange(question_, std::nullopt));
        ask_to_explain();
    });
}

}  // namespace picoxx
