#pragma once

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/pfr/tuple_size.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

/// Writes how types lie in memory and in which order virtual functions stand, as sections of text for abi_golden.py.
namespace picoxx::abi {

/// A type as a reader writes it.
[[nodiscard]] std::string type_name(const std::type_info& type);

/// How many fields a struct has, where that can be known.
enum class Completeness : std::uint8_t {
    counted,     ///< The fields of an aggregate are counted.
    without_gap  ///< One of C, which may hold arrays: its fields leave no byte free.
};

class Writer {
public:
    explicit Writer(std::ostream& out) : out_{out} {}

    /// A struct whose fields BOOST_DESCRIBE_STRUCT lists.
    /// @throws std::logic_error where it lists not all
    template <class Type, Completeness Way = Completeness::counted>
    void record(std::string_view owners) {
        section("struct", type_name(typeid(Type)), owners);
        size_line<Type>();
        const Type object{};
        std::size_t count = 0;
        std::size_t end = 0;
        bool has_gap = false;
        boost::mp11::mp_for_each<boost::describe::describe_members<Type, boost::describe::mod_public>>([&](auto field) {
            const auto& member = object.*field.pointer;
            const auto offset = static_cast<std::size_t>(reinterpret_cast<const char*>(&member) -
                                                         reinterpret_cast<const char*>(&object));
            out_ << "  " << offset << ' ' << field.name << ": " << type_name(typeid(member)) << '\n';
            has_gap = has_gap || offset != end;
            end = offset + sizeof member;
            ++count;
        });
        bool is_complete = !has_gap && end == sizeof(Type);
        if constexpr (Way == Completeness::counted) is_complete = count == boost::pfr::tuple_size_v<Type>;
        if (!is_complete) {
            throw std::logic_error{"not all fields of " + type_name(typeid(Type)) + " are described in abi_dump.cpp"};
        }
    }

    /// A type without public fields.
    template <class Type>
    void opaque(std::string_view owners) {
        section("class", type_name(typeid(Type)), owners);
        size_line<Type>();
    }

    /// Its enumerators from 0 to 255.
    template <class Enum>
    void enumeration(std::string_view owners) {
        section("enum", type_name(typeid(Enum)), owners);
        size_line<Enum>();
        enumerators<Enum>(std::make_index_sequence<256>{});
    }

    /// A port that plugins implement, with its virtual functions: name and pointer for each. Its size tells of data
    /// members.
    template <class Port, class... Function>
    void port(std::pair<const char*, Function>... functions) {
        out_ << "\ninterface " << Port::interface_id << " version " << Port::interface_version << '\n';
        size_line<Port>();
        virtual_functions<Port>({{slot_of(functions.second), function_line(functions.first, functions.second)}...});
    }

    /// A class with virtual functions that a port passes.
    template <class Class, class... Function>
    void passed(std::string_view owners, std::pair<const char*, Function>... functions) {
        section("class", type_name(typeid(Class)), owners);
        size_line<Class>();
        virtual_functions<Class>({{slot_of(functions.second), function_line(functions.first, functions.second)}...});
    }

private:
    void section(std::string_view kind, std::string_view name, std::string_view owners) {
        out_ << '\n' << kind << ' ' << name << " of " << owners << '\n';
    }

    template <class Type>
    void size_line() {
        out_ << "  size " << sizeof(Type) << ", aligned to " << alignof(Type) << '\n';
    }

    // The Itanium C++ ABI: a pointer to a virtual member function holds its offset in the table, on most processors
    // plus one.
    template <class Function>
    static std::size_t slot_of(Function function) {
        std::array<std::size_t, 2> parts{};
        static_assert(sizeof function == sizeof parts);
        std::memcpy(parts.data(), &function, sizeof parts);
        return parts[0] / sizeof(void*);
    }

    template <class Function>
    static std::string function_line(const char* name, Function) {
        return std::string{name} + ": " + type_name(typeid(Function));
    }

    // Stands behind all that `Class` has.
    template <class Class>
    struct Extended : Class {
        virtual void behind_the_last() noexcept = 0;

    protected:
        ~Extended() = default;
    };

    template <class Class>
    void virtual_functions(const std::map<std::size_t, std::string>& by_slot) {
        constexpr std::size_t destructors = std::has_virtual_destructor_v<Class> ? 2 : 0;
        for (const auto& [slot, line] : by_slot) out_ << "  " << slot << ' ' << line << '\n';
        if (by_slot.size() + destructors != slot_of(&Extended<Class>::behind_the_last)) {
            throw std::logic_error{"not all virtual functions of " + type_name(typeid(Class)) +
                                   " are named in abi_dump.cpp"};
        }
    }

    template <class Enum, Enum Value>
    static constexpr std::string_view enumerator() {
        std::string_view text = __PRETTY_FUNCTION__;
        text.remove_prefix(text.find("Value = ") + 8);
        text = text.substr(0, text.find_first_of(";]"));
        if (text.front() == '(') return {};  // a cast number: nobody named it
        return text.substr(text.rfind(':') + 1);
    }

    template <class Enum, std::size_t... Value>
    void enumerators(std::index_sequence<Value...>) {
        const auto write = [&](std::size_t value, std::string_view name) {
            if (!name.empty()) out_ << "  " << value << ' ' << name << '\n';
        };
        (write(Value, enumerator<Enum, static_cast<Enum>(Value)>()), ...);
    }

    std::ostream& out_;
};

}  // namespace picoxx::abi
