// Components for the registry's tests: good ones, and ones that cannot be made.
#include "first_strategy.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>

namespace {

class Nth final : public picoxx::BalanceStrategy {
public:
    explicit Nth(const picoxx::sdk::Config& config) : index_{config.get_uint("index", 0, 0, 9)} {
        if (config.secret("password").value_or("") == "wrong") config.refuse("the password is wrong");
    }
    std::size_t pick(std::span<const picoxx::Candidate>, const picoxx::PickContext&) noexcept override {
        return index_;
    }

private:
    std::size_t index_;
};

template <class What>
class Throwing final : public picoxx::BalanceStrategy {
public:
    Throwing() { throw What{"cannot reach the weather service"}; }
    std::size_t pick(std::span<const picoxx::Candidate>, const picoxx::PickContext&) noexcept override { return 0; }
};

class Nothing final : public picoxx::BalanceStrategy {
public:
    static picoxx::Result<std::unique_ptr<Nothing>> create(const picoxx::sdk::Config&) {
        return std::unique_ptr<Nothing>{};
    }
    std::size_t pick(std::span<const picoxx::Candidate>, const picoxx::PickContext&) noexcept override { return 0; }
};

}  // namespace

PICOXX_PLUGIN("test_strategies", "2.0.0",
              picoxx::sdk::component<picoxx::BalanceStrategy, Nth>("nth", "the node of an index"),
              picoxx::sdk::component<picoxx::BalanceStrategy, Throwing<std::runtime_error>>("throws", "throws"),
              picoxx::sdk::component<picoxx::BalanceStrategy, Throwing<const char*>>("throws_text",
                                                                                     "throws no exception"),
              picoxx::sdk::component<picoxx::BalanceStrategy, Nothing>("nothing", "makes nothing"));
