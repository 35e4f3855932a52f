#pragma once

#include <picoxx/port/error.hpp>
#include <picoxx/port/plugin.h>
#include <picoxx/port/plugin_build.hpp>
#include <picoxx/port/plugin_config.hpp>
#include <picoxx/port/result.hpp>
#include <picoxx/port/version.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// What a plugin is written with. Once in each library, outside of all namespaces or in one:
///
///     PICOXX_PLUGIN("sticky", "1.0.0", picoxx::sdk::component<picoxx::BalanceStrategy, Sticky>("sticky", "the first node"));
///
/// It may name any number of components. The library exports one constant and has no static constructor. With
/// PICOXX_PLUGIN_STATIC_NAME=sticky defined, as picoxx_add_plugin() does for the form that is linked in, the constant
/// has a name of its own, for PICOXX_STATIC_PLUGIN(sticky).
namespace picoxx::sdk {

/// Makes an Impl out of options, by the first of these that it has: a static `create(const Config&)` that returns
/// `Result<std::unique_ptr<Impl>>`, a constructor from `const Config&`, a default constructor. Errors:
/// `plugin_bad_config` for options that are unknown or make no sense; `plugin_create_failed` for all else, exceptions
/// too.
template <class Impl>
[[nodiscard]] Result<std::unique_ptr<Impl>> create(const Config& config) noexcept {
    const auto construct = [&]() -> Result<std::unique_ptr<Impl>> {
        if constexpr (requires { Impl::create(config); }) {
            return Impl::create(config);
        } else if constexpr (std::is_constructible_v<Impl, const Config&>) {
            return std::make_unique<Impl>(config);
        } else {
            static_assert(
                std::is_default_constructible_v<Impl>,
                "a component needs a static create(const Config&), a constructor from const Config&, or a default one");
            return std::make_unique<Impl>();
        }
    };
    const auto finish = [&](Result<std::unique_ptr<Impl>> made) -> Result<std::unique_ptr<Impl>> {
        // What failed may have failed before it asked for all options.
        if (Status wrong = made.ok() ? config.finish() : config.wrong_value(); !wrong.ok())
            return std::move(wrong).error();
        if (!made.ok() && made.error().code != Errc::plugin_bad_config) {
            return make_error(Errc::plugin_create_failed, made.error().text);
        }
        if (made.ok() && *made == nullptr) return make_error(Errc::plugin_create_failed, "its create() made nothing");
        return made;
    };
#ifdef __cpp_exceptions
    try {
        try {
            return finish(construct());
        } catch (const std::exception& failure) {
            return finish(make_error(Errc::plugin_create_failed, failure.what()));
        } catch (...) {
            return finish(
                make_error(Errc::plugin_create_failed, "exception of a type not derived from std::exception"));
        }
    } catch (...) {
        return make_error(Errc::plugin_create_failed, {});  // no memory for words
    }
#else
    return finish(construct());
#endif
}

namespace detail {

// Reached at compile time only, by what is wrong; none of them is defined.
void text_is_too_long_for_the_stamp();
void name_must_be_of_lower_case_letters_digits_and_underscores();
void list_of_components_is_too_long();
void text_must_be_one_line();

[[nodiscard]] constexpr bool is_plugin_name(std::string_view name) noexcept {
    if (name.empty() || name.size() >= sizeof(picoxx_plugin_stamp::name) || name[0] < 'a' || name[0] > 'z')
        return false;
    for (const char c : name) {
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') return false;
    }
    return true;
}

template <std::size_t Size>
constexpr void put(char (&field)[Size], std::string_view text) {
    if (text.size() >= Size) text_is_too_long_for_the_stamp();
    for (std::size_t i = 0; i < text.size(); ++i) field[i] = text[i];
}

class ListingWriter {
public:
    explicit constexpr ListingWriter(picoxx_plugin_listing& listing) : listing_{listing} {}

    constexpr void add(std::string_view text) {
        for (const char c : text) {
            if (c == '\n') text_must_be_one_line();
            put(c);
        }
    }
    constexpr void add(std::uint32_t number) {
        if (number >= 10) add(number / 10);
        put(static_cast<char>('0' + number % 10));
    }
    constexpr void put(char c) {
        if (used_ + 1 >= sizeof listing_.text) list_of_components_is_too_long();
        listing_.text[used_++] = c;
    }

private:
    picoxx_plugin_listing& listing_;
    std::size_t used_ = 0;
};

inline void tell(picoxx_error* error, const Error& why) noexcept {
    if (error == nullptr || error->size < sizeof(picoxx_error)) return;
    error->code = static_cast<std::int32_t>(why.code);
    const std::size_t size = why.text.copy(error->text, sizeof error->text - 1);
    error->text[size] = '\0';
}

template <class Port, class Impl>
void* create_port(const picoxx_create_args* args, picoxx_error* error) noexcept {
    const Config config{std::span{args->config, args->config_count}};
    Result<std::unique_ptr<Impl>> made = sdk::create<Impl>(config);
    if (!made.ok()) {
        tell(error, made.error());
        return nullptr;
    }
    Port* const port = made->release();
    return port;
}

template <class Port>
void destroy_port(void* port) noexcept {
    delete static_cast<Port*>(port);
}

}  // namespace detail

/// One component of a plugin: Impl, which implements Port, under a name of [a-z][a-z0-9_]*. Where the component is a
/// balance strategy this is what `balance_strategy` and `?balance=` call it.
template <class Port, class Impl>
[[nodiscard]] consteval picoxx_component component(const char* name, const char* summary) {
    static_assert(std::is_convertible_v<Impl*, Port*>, "the second type implements the first");
    static_assert(std::has_virtual_destructor_v<Port>);
    if (!detail::is_plugin_name(name)) detail::name_must_be_of_lower_case_letters_digits_and_underscores();
    return {sizeof(picoxx_component),         Port::interface_version,    Port::interface_id, name, summary,
            &detail::create_port<Port, Impl>, &detail::destroy_port<Port>};
}

/// The descriptor of a plugin. Used by PICOXX_PLUGIN.
template <std::size_t Count>
[[nodiscard]] consteval picoxx_plugin_descriptor describe_plugin(std::string_view name, std::string_view version,
                                                                 std::uint32_t flags,
                                                                 const picoxx_component (&components)[Count]) {
    if (!detail::is_plugin_name(name)) detail::name_must_be_of_lower_case_letters_digits_and_underscores();
    picoxx_plugin_descriptor descriptor{};
    picoxx_plugin_stamp& stamp = descriptor.stamp;
    constexpr unsigned char magic[] = PICOXX_PLUGIN_MAGIC;
    constexpr unsigned char listing_magic[] = PICOXX_PLUGIN_LISTING_MAGIC;
    for (std::size_t i = 0; i < sizeof magic; ++i) {
        stamp.magic[i] = magic[i];
        descriptor.listing.magic[i] = listing_magic[i];
    }
    stamp.stamp_size = sizeof stamp;
    stamp.abi_major = PICOXX_PLUGIN_ABI_MAJOR;
    stamp.abi_minor = PICOXX_PLUGIN_ABI_MINOR;
    stamp.core_version = PICOXX_VERSION;
    stamp.descriptor_size = sizeof descriptor;
    stamp.flags = flags;
    detail::put(stamp.build, PICOXX_PLUGIN_BUILD);
    detail::put(stamp.toolchain, PICOXX_PLUGIN_TOOLCHAIN);
    detail::put(stamp.name, name);
    detail::put(stamp.version, version);
    stamp.listing_size = sizeof descriptor.listing;

    detail::ListingWriter listing{descriptor.listing};
    for (const picoxx_component& component : components) {
        listing.add(component.interface_id);
        listing.put(' ');
        listing.add(component.name);
        listing.put(' ');
        listing.add(component.interface_version);
        listing.put(' ');
        listing.add(component.summary);
        listing.put('\n');
    }
    descriptor.components = components;
    descriptor.component_count = static_cast<std::uint32_t>(Count);
    descriptor.component_stride = sizeof(picoxx_component);
    return descriptor;
}

}  // namespace picoxx::sdk

#define PICOXX_PLUGIN_JOIN_NAMES(first, second) first##second
#define PICOXX_PLUGIN_JOIN(first, second) PICOXX_PLUGIN_JOIN_NAMES(first, second)

#if defined(PICOXX_PLUGIN_STATIC_NAME)
#    define PICOXX_PLUGIN_ENTRY PICOXX_PLUGIN_JOIN(picoxx_plugin_entry_, PICOXX_PLUGIN_STATIC_NAME)
#    define PICOXX_PLUGIN_EXPORT
#elif defined(_WIN32)
#    define PICOXX_PLUGIN_ENTRY picoxx_plugin_entry
#    define PICOXX_PLUGIN_EXPORT __declspec(dllexport)
#else
#    define PICOXX_PLUGIN_ENTRY picoxx_plugin_entry
#    define PICOXX_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

/// PICOXX_PLUGIN(name, version, component...): makes a library a plugin.
#define PICOXX_PLUGIN(name, version, ...) PICOXX_PLUGIN_WITH_FLAGS(name, version, 0, __VA_ARGS__)

/// The same with PICOXX_PLUGIN_FLAG_... values.
#define PICOXX_PLUGIN_WITH_FLAGS(name, version, flags, ...)                                      \
    static constexpr picoxx_component picoxx_plugin_components[] = {__VA_ARGS__};                \
    extern "C" {                                                                                 \
    extern PICOXX_PLUGIN_EXPORT const picoxx_plugin_descriptor PICOXX_PLUGIN_ENTRY;              \
    }                                                                                            \
    constinit const picoxx_plugin_descriptor PICOXX_PLUGIN_ENTRY = picoxx::sdk::describe_plugin( \
        name, version, flags, picoxx_plugin_components)
