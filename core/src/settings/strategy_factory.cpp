#include <picoxx/strategy_factory.hpp>

#include <exception>

namespace picoxx {

StrategyFactory::Made StrategyFactory::operator()(const StrategyConfig& config) const {
    if (make_ == nullptr) return make_error(Errc::plugin_create_failed, "this strategy has no factory");
    try {
        Made made = make_(config);
        if (made.ok() && *made == nullptr) {
            return make_error(Errc::plugin_create_failed, "the factory of this strategy made nothing");
        }
        return made;
    } catch (const std::exception& failure) {
        return make_error(Errc::plugin_create_failed,
                          std::string{"the factory of this strategy failed: "} + failure.what());
    } catch (...) {
        return make_error(Errc::plugin_create_failed, "the factory of this strategy failed");
    }
}

Error StrategyFactory::unknown_option(const std::string& key) {
    return make_error(Errc::plugin_bad_config, "unknown option \"" + key + "\" (known: none)");
}

}  // namespace picoxx
