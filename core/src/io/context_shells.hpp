#pragma once

#include <boost/asio/execution_context.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace picoxx {

class AsioShell;

/// The shells whose executors belong to one execution context: when that ends, they hear it. Outlives the context while
/// a shell is left. Thread safety: all functions.
class ContextShells {
public:
    /// Those of `context`. Services of the context that must end after the shells have to be made before this call.
    [[nodiscard]] static std::shared_ptr<ContextShells> of(boost::asio::execution_context& context);

    void add(AsioShell& shell);
    /// `shell` is being destroyed: takes its executor and timer from it, in an order with the end of the context.
    void remove(AsioShell& shell) noexcept;
    /// The context ends.
    void end() noexcept;

private:
    [[nodiscard]] std::shared_ptr<AsioShell> take_one() noexcept;

    std::mutex mutex_;
    std::vector<AsioShell*> shells_;
};

}  // namespace picoxx
