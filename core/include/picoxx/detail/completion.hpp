#pragma once

#include <picoxx/detail/stack.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace picoxx::detail {

/// A completion handler whose type is forgotten. Made when an operation starts; keeps the handler's executor busy until
/// it is called. (Asio's any_completion_handler does the same, but allocates for each look at the executor.)
template <class... Results>
class CompletionHandler {
public:
    CompletionHandler(const CompletionHandler&) = delete;
    CompletionHandler& operator=(const CompletionHandler&) = delete;

    /// Calls the handler on its executor, once; this object is gone before that.
    virtual void complete(Stack stack, std::exception_ptr failure, Results... results) = 0;
    /// Where cancellation is asked for; cleared before the handler is called.
    [[nodiscard]] virtual boost::asio::cancellation_slot slot() const noexcept = 0;
    /// Frees the object without calling the handler.
    virtual void destroy() noexcept = 0;

protected:
    CompletionHandler() = default;
    ~CompletionHandler() = default;
};

struct DestroyHandler {
    template <class Handler>
    void operator()(Handler* handler) const noexcept {
        handler->destroy();
    }
};
template <class... Results>
using CompletionHandlerPtr = std::unique_ptr<CompletionHandler<Results...>, DestroyHandler>;

template <class Handler, class... Results>
class BoxedHandler final : public CompletionHandler<Results...> {
public:
    static CompletionHandlerPtr<Results...> make(Handler&& handler,
                                                 const boost::asio::any_io_executor& client_executor) {
        Allocator allocator;
        BoxedHandler* const place = allocator.allocate(1);
        try {
            new (place) BoxedHandler{std::move(handler), client_executor};
        } catch (...) {
            allocator.deallocate(place, 1);
            throw;
        }
        return CompletionHandlerPtr<Results...>{place};
    }

    void complete(Stack stack, std::exception_ptr failure, Results... results) override {
        Handler handler = std::move(handler_);
        // The memory goes first: the handler may want it for the next operation.
        if (!elsewhere_ && stack == Stack::event_loop) {
            destroy();
            call(handler, std::move(failure), std::move(results)...);
            return;
        }
        const std::optional<Tracked> elsewhere = std::move(elsewhere_);
        const Executor executor = std::move(executor_);
        destroy();
        auto upcall = [handler = std::move(handler), failure = std::move(failure),
                       ... values = std::move(results)]() mutable {
            call(handler, std::move(failure), std::move(values)...);
        };
        if (elsewhere && stack == Stack::event_loop) {
            boost::asio::dispatch(*elsewhere, std::move(upcall));
        } else {
            boost::asio::post(executor, std::move(upcall));
        }
    }
    [[nodiscard]] boost::asio::cancellation_slot slot() const noexcept override {
        return boost::asio::get_associated_cancellation_slot(handler_);
    }
    void destroy() noexcept override {
        Allocator allocator;
        this->~BoxedHandler();
        allocator.deallocate(this, 1);
    }

private:
    using Allocator = boost::asio::recycling_allocator<BoxedHandler>;
    using Executor = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
    using Tracked = std::decay_t<decltype(boost::asio::prefer(std::declval<Executor>(),
                                                              boost::asio::execution::outstanding_work.tracked))>;

    BoxedHandler(Handler&& handler, const boost::asio::any_io_executor& client_executor)
        : handler_{std::move(handler)}, executor_{boost::asio::get_associated_executor(handler_, client_executor)} {
        if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>) {
            if (executor_ == client_executor) return;  // the client keeps that busy while it works
        }
        elsewhere_.emplace(boost::asio::prefer(executor_, boost::asio::execution::outstanding_work.tracked));
    }
    ~BoxedHandler() = default;

    static void call(Handler& handler, std::exception_ptr failure, Results... results) {
        if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected()) slot.clear();
        std::move(handler)(std::move(failure), std::move(results)...);
    }

    Handler handler_;
    Executor executor_;
    std::optional<Tracked> elsewhere_;  // empty where the client's own executor is the handler's
};

/// @param handler of signature void(std::exception_ptr, Results...)
template <class... Results, class Handler>
[[nodiscard]] CompletionHandlerPtr<Results...> box_handler(Handler handler,
                                                           const boost::asio::any_io_executor& client_executor) {
    return BoxedHandler<Handler, Results...>::make(std::move(handler), client_executor);
}

}  // namespace picoxx::detail
