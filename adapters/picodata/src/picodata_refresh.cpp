#include "picodata_refresh.hpp"

#include "topology_rows.hpp"

#include <new>

namespace picoxx {
namespace {

constexpr CStringView identity_query = "SELECT pico_instance_uuid()";

// Only the first table that is refused is named, so the kind of the error is what counts.
bool is_denied(const Error& error) noexcept {
    return error.code == Errc::server_error && (error.server_text.find("AccessDenied") != std::string::npos ||
                                                error.server_text.find("is denied for user") != std::string::npos);
}

}  // namespace

void PicodataRefresh::start(DiscoveryContext& context, std::shared_ptr<DeniedUsers> denied) noexcept {
    auto* const refresh = new (std::nothrow) PicodataRefresh{context, std::move(denied)};
    if (refresh == nullptr) return context.fail(make_error(Errc::out_of_memory, "no memory to ask for the topology"));
    refresh->ask(Question::identity);
}

void PicodataRefresh::ask(Question question) noexcept {
    question_ = question;
    switch (question) {
        case Question::identity: return context_.query(identity_query, {}, *this);
        case Question::full_topology: return context_.query(full_topology_query, {}, *this);
        case Question::reduced_topology: return context_.query(reduced_topology_query, {}, *this);
    }
}

void PicodataRefresh::ask_topology() noexcept {
    const bool denied = denied_->contains(context_.endpoint(), context_.user());
    ask(denied ? Question::reduced_topology : Question::full_topology);
}

void PicodataRefresh::on_result(std::unique_ptr<RowBlock> rows, const CommandTag&) noexcept {
    if (question_ != Question::identity) {
        return end(read_topology(rows.get(), std::move(answered_by_), context_.endpoint()));
    }
    if (rows != nullptr && rows->row_count() == 1 && rows->column_count() == 1) {
        answered_by_ = rows->field(0, 0).bytes();
    }
    ask_topology();
}

void PicodataRefresh::on_error(Error error) noexcept {
    if (question_ == Question::identity && error.code == Errc::server_error) return ask_topology();
    if (question_ == Question::full_topology && is_denied(error)) return ask(Question::reduced_topology);
    end(std::move(error));
}

void PicodataRefresh::end(Result<Topology> topology) noexcept {
    const std::unique_ptr<PicodataRefresh> self{this};
    if (!topology.ok()) return context_.fail(std::move(topology).error());
    // Only now is it sure that the full query asks for more than this user may read: a locked account is denied
    // everything.
    if (question_ == Question::reduced_topology) denied_->add(context_.endpoint(), context_.user());
    context_.publish(*std::move(topology));
}

}  // namespace picoxx
