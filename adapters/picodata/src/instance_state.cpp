#include "instance_state.hpp"

#include <boost/json.hpp>

#include <map>

namespace picoxx {
namespace {

namespace json = boost::json;

InstanceState make_state(std::string_view variant, const json::value& incarnation) {
    InstanceState state{std::string{variant}, 0};
    if (incarnation.is_int64() && incarnation.get_int64() >= 0) {
        state.incarnation = static_cast<std::uint64_t>(incarnation.get_int64());
    } else if (incarnation.is_uint64()) {
        state.incarnation = incarnation.get_uint64();
    }
    return state;
}

}  // namespace

InstanceState parse_state(std::string_view text) noexcept try {
    boost::system::error_code failure;
    const json::value value = json::parse(json::string_view{text.data(), text.size()}, failure);
    if (failure) return {};
    if (const json::array* array = value.if_array();
        array != nullptr && array->size() == 2 && (*array)[0].is_string()) {
        const json::string& variant = (*array)[0].get_string();
        return make_state({variant.data(), variant.size()}, (*array)[1]);
    }
    if (const json::object* object = value.if_object(); object != nullptr && object->size() == 1) {
        const auto& entry = *object->begin();
        return make_state({entry.key().data(), entry.key().size()}, entry.value());
    }
    return {};
} catch (...) {
    return {};
}

Availability availability_of(const InstanceState& current, const InstanceState& target) noexcept {
    if (current.variant != "Online") return Availability::unusable;
    return target.variant == "Online" ? Availability::usable : Availability::draining;
}

std::string parse_failure_domain(std::string_view text) noexcept try {
    boost::system::error_code failure;
    const json::value value = json::parse(json::string_view{text.data(), text.size()}, failure);
    const json::object* object = failure ? nullptr : value.if_object();
    if (object == nullptr) return {};
    std::map<std::string, std::string> sorted;
    for (const auto& entry : *object) {
        if (!entry.value().is_string()) return {};
        const json::string& name = entry.value().get_string();
        sorted.emplace(std::string{entry.key().data(), entry.key().size()}, std::string{name.data(), name.size()});
    }
    std::string zone;
    for (const auto& [key, name] : sorted) {
        if (!zone.empty()) zone += ',';
        zone += key;
        zone += '=';
        zone += name;
    }
    return zone;
} catch (...) {
    return {};
}

}  // namespace picoxx
