#pragma once

#include <picoxx/testing/fake_node.hpp>
#include <picoxx/testing/fake_session.hpp>

#include <picoxx/port/transport.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace picoxx::testing {

/// Opens fake sessions to fake nodes. Where no node was made, nobody listens.
/// Thread safety: any.
class FakeTransport final : public Transport {
public:
    /// The node at `endpoint`, made on first use. Its host is a name, or the numeric address that a name leads to.
    FakeNode& node(const Endpoint& endpoint) {
        const std::lock_guard lock{mutex_};
        std::shared_ptr<FakeNode>& node = nodes_[to_string(endpoint)];
        if (!node) node = std::make_shared<FakeNode>();
        return *node;
    }

    /// From now on `open` itself fails, before there is a session; an error without a code ends that.
    void refuse_to_open(Error error) {
        const std::lock_guard lock{mutex_};
        open_error_ = std::move(error);
    }

    /// What `open` was called with, in order.
    [[nodiscard]] std::vector<ConnectOptions> opened() const {
        const std::lock_guard lock{mutex_};
        return opened_;
    }

    Result<std::unique_ptr<Session>> open(const ConnectOptions& options) noexcept override {
        std::shared_ptr<FakeNode> node;
        {
            const std::lock_guard lock{mutex_};
            opened_.push_back(options);
            if (open_error_) return open_error_;
            auto found = nodes_.find(to_string(Endpoint{options.address, options.endpoint.port}));
            if (found == nodes_.end()) found = nodes_.find(to_string(options.endpoint));
            if (found != nodes_.end()) node = found->second;
        }
        if (!node) {
            node = std::make_shared<FakeNode>();
            node->refuse();
        }
        return std::unique_ptr<Session>{std::make_unique<FakeSession>(std::move(node))};
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<FakeNode>> nodes_;
    std::vector<ConnectOptions> opened_;
    Error open_error_;
};

}  // namespace picoxx::testing
