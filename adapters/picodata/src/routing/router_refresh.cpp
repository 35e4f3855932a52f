#include "router_refresh.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

namespace picoxx {
namespace {

// Whether it is refused for good, by the text or by the user's rights; else it is for the moment.
bool is_final(const Error& error) noexcept {
    constexpr std::array<std::string_view, 7> words{"AccessDenied",  "is denied for user", "parsing error",
                                                    "not supported", "unsupported",        "not implemented",
                                                    "not found"};
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return error.server_text.find(word) != std::string::npos; });
}

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
    go_on([this] {
        // Without a map no bucket has an owner.
        if (knowledge_->has_maps()) question_ = knowledge_->statements().next_question();
        if (!question_) return end({});
        was_refused_ = false;
        explain(knowledge_->explains_all() ? Stage::explanation : Stage::buckets);
    });
}

void RouterRefresh::explain(Stage stage) noexcept {
    stage_ = stage;
    go_on([this] {
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
    if (!map.ok() || !knowledge_->is_whole(*map)) return knowledge_->maps_failed();
    maps_.push_back(*std::move(map));
}

void RouterRefresh::read_explanation(const RowBlock* rows) {
    const std::size_t count = rows == nullptr || rows->column_count() == 0 ? 0 : rows->row_count();
    const BucketSet set = count == 0 ? BucketSet{} : read_buckets(rows->field(count - 1, 0).bytes());
    // A server that explains the one way and not the other does not have the other.
    if (was_refused_) knowledge_->set_explains_all(true);
    knowledge_->statements().answered(*question_, set, knowledge_->only_tier());
    question_.reset();
}

void RouterRefresh::on_error(Error error) noexcept {
    if (error.code != Errc::server_error) return end(std::move(error));
    switch (stage_) {
        case Stage::maps: {  // a tier without buckets, too old a server, or buckets that move
            const bool has_none = error.server_text.find("doesn't exist") != std::string::npos || is_final(error);
            if (!has_none) knowledge_->maps_failed();
            ++next_tier_;
            return ask_for_map();
        }
        case Stage::buckets: was_refused_ = true; return explain(Stage::explanation);
        case Stage::explanation: break;
    }
    go_on([&] {
        if (is_final(error)) {
            knowledge_->statements().refused(*question_);
        } else {
            knowledge_->statements().unanswered(*question_);
        }
        question_.reset();
        ask_to_explain();
    });
}

}  // namespace picoxx
