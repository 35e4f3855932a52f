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

}  // namespace

void PicodataDiscovery::refresh(DiscoveryContext& context) noexcept {
    context_ = &context;
    answered_by_.clear();
    ask(Question::identity);
}

void PicodataDiscovery::ask(Question question) noexcept {
    question_ = question;
    blocks_.clear();
    switch (question) {
        case Question::identity: return context_->query(identity_query, {}, *this);
        case Question::full_topology: return context_->query(full_topology_query, {}, *this);
        case Question::reduced_topology: return context_->query(reduced_topology_query, {}, *this);
    }
}

void PicodataDiscovery::ask_topology() noexcept {
    ask(full_query_denied_ ? Question::reduced_topology : Question::full_topology);
}

Flow PicodataDiscovery::on_rows(std::unique_ptr<RowBlock> block) noexcept {
    blocks_.push_back(std::move(block));
    return Flow::go_on;
}

void PicodataDiscovery::on_complete(const CommandTag&) noexcept {
    if (question_ != Question::identity) return finish();
    if (!blocks_.empty() && blocks_.front()->row_count() == 1 && blocks_.front()->column_count() == 1) {
        answered_by_ = blocks_.front()->field(0, 0).bytes();
    }
    ask_topology();
}

void PicodataDiscovery::finish() noexcept {
    std::vector<const RowBlock*> blocks;
    for (const auto& block : blocks_) blocks.push_back(block.get());
    Result<Topology> topology = read_topology(blocks, std::move(answered_by_), context_->endpoint());
    blocks_.clear();
    if (!topology.ok()) return context_->fail(std::move(topology).error());
    // Only now is it sure that the full query asks for more than this user may read: a locked account is denied everything.
    if (question_ == Question::reduced_topology) full_query_denied_ = true;
    context_->publish(*std::move(topology));
}

void PicodataDiscovery::on_error(Error error) noexcept {
    blocks_.clear();
    if (question_ == Question::identity && error.code == Errc::server_error) return ask_topology();
    if (question_ == Question::full_topology && is_denied(error)) return ask(Question::reduced_topology);
    context_->fail(std::move(error));
}

std::shared_ptr<DiscoverySource> picodata_discovery() { return std::make_shared<PicodataDiscovery>(); }

}  // namespace picoxx
