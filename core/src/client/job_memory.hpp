#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace picoxx {

/// Memory for one object that comes and goes with each asynchronous call: a thread keeps the last one it freed. A
/// program whose calls start and end on one thread so allocates none for them.
template <class Object>
class JobMemory {
public:
    using value_type = Object;

    JobMemory() noexcept = default;
    template <class Other>
    JobMemory(const JobMemory<Other>&) noexcept {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] Object* allocate(std::size_t count) {
        static_assert(alignof(Object) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
        if (count == 1 && kept().place != nullptr) return static_cast<Object*>(std::exchange(kept().place, nullptr));
        return static_cast<Object*>(::operator new(count * sizeof(Object)));
    }
    void deallocate(Object* place, std::size_t count) noexcept {
        if (count == 1 && kept().place == nullptr && !kept().ended) {
            kept().place = place;
            free_at_end_of_thread();
        } else {
            ::operator delete(place);
        }
    }

    template <class Other>
    [[nodiscard]] friend bool operator==(const JobMemory&, const JobMemory<Other>&) noexcept {
        return true;
    }

private:
    // Nothing destroys it: other thread_local objects of a thread that is ending may still allocate and free.
    struct Kept {
        void* place = nullptr;
        bool ended = false;
    };
    static Kept& kept() noexcept {
        thread_local Kept kept;
        return kept;
    }
    static void free_at_end_of_thread() noexcept {
        struct End {
            ~End() {
                kept().ended = true;
                ::operator delete(std::exchange(kept().place, nullptr));
            }
        };
        thread_local const End end;
        static_cast<void>(end);
    }
};

}  // namespace picoxx
