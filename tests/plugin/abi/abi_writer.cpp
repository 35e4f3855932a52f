#include "abi_writer.hpp"

#include <cstdlib>
#include <memory>

#include <cxxabi.h>

namespace picoxx::abi {

std::string type_name(const std::type_info& type) {
    int failed = 0;
    const std::unique_ptr<char, decltype(&std::free)> demangled{
        ::abi::__cxa_demangle(type.name(), nullptr, nullptr, &failed), &std::free};
    std::string name = failed == 0 ? demangled.get() : type.name();
    constexpr std::pair<std::string_view, std::string_view> shorter[] = {
        {"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string"},
        {"std::basic_string_view<char, std::char_traits<char> >", "std::string_view"},
        {", 18446744073709551615ul>", ">"},
        {"picoxx::", ""},
    };
    for (const auto& [text, instead] : shorter) {
        for (std::size_t at = 0; (at = name.find(text, at)) != std::string::npos; at += instead.size()) {
            name.replace(at, text.size(), instead);
        }
    }
    return name;
}

}  // namespace picoxx::abi
