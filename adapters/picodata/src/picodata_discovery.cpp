#include "topology_rows.hpp"

#include <picoxx/picodata/picodata_discovery.hpp>

#include <string>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

constexpr CStringView identity_query = "SELECT pico_instance_uuid()";

// Only the first table that is refused is named, so the kind of the error is what counts.
bool is_denied(const Error& error) noexcept {
    return error.code == Errc::server_error && (error.server_text.find("AccessDenied") != std::string::npos ||
                                                error.server_text.find("is denied for user") != std::string::npos);
}

// Two questions, one after the other; its own sink for both.
class PicodataDiscovery final : public DiscoverySource, private ResponseSink {
public:
    void refresh(DiscoveryContext& context) noexcept override {
        context_ = &context;
        answered_by_.clear();
        ask(Question::identity);
    }

private:
    enum class Question : std::uint8_t { identity, full_topology, reduced_topology };

    void ask(Question question) noexcept {
        question_ = question;
        blocks_.clear();
        switch (question) {
            case Question::identity: return context_->query(identity_query, {}, *this);
            case Question::full_topology: return context_->query(full_topology_query, {}, *this);
            case Question::reduced_topology: return context_->query(reduced_topology_query, {}, *this);
        }
    }

    void ask_topology() noexcept { ask(full_query_denied_ ? Question::reduced_topology : Question::full_topology); }

    void on_notice(const Notice&) noexcept override {}
    void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
    Flow on_rows(std::unique_ptr<RowBlock> block) noexcept override {
        blocks_.push_back(std::move(block));
        return Flow::go_on;
    }

    void on_complete(const CommandTag&) noexcept override {
        if (question_ == Question::identity) {
            if (!blocks_.empty() && blocks_.front()->row_count() == 1 && blocks_.front()->column_count() == 1) {
                answered_by_ = blocks_.front()->field(0, 0).bytes();
            }
            return ask_topology();
        }
        std::vector<const RowBlock*> blocks;
        for (const auto& block : blocks_) blocks.push_back(block.get());
        Result<Topology> topology = read_topology(blocks, std::move(answered_by_), context_->endpoint());
        blocks_.clear();
        if (topology.ok()) {
            context_->publish(*std::move(topology));
        } else {
            context_->fail(std::move(topology).error());
        }
    }

    void on_error(Error error) noexcept override {
        blocks_.clear();
        if (error.code == Errc::server_error && question_ == Question::identity) return ask_topology();
        if (question_ == Question::full_topology && is_denied(error)) {
            full_query_denied_ = true;
            return ask_topology();
        }
        context_->fail(std::move(error));
    }

    DiscoveryContext* context_ = nullptr;
    Question question_ = Question::identity;
    std::string answered_by_;
    std::vector<std::unique_ptr<RowBlock>> blocks_;
    bool full_query_denied_ = false;
};

}  // namespace

std::shared_ptr<DiscoverySource> picodata_discovery() { return std::make_shared<PicodataDiscovery>(); }

}  // namespace picoxx
