#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace picoxx {

/// Memory for one handler that is posted again and again, never twice at a time: posting it cannot fail then for want
/// of memory. Thread safety: posting and running the handler are in an order, as by a lock that both take.
class PostMemory {
public:
    /// What the handler names as its allocator.
    template <class Object>
    class Allocator {
    public:
        using value_type = Object;

        explicit Allocator(PostMemory& memory) noexcept : memory_{&memory} {}
        template <class Other>
        Allocator(const Allocator<Other>& other) noexcept  // NOLINT(google-explicit-constructor)
            : memory_{other.memory_} {}

        [[nodiscard]] Object* allocate(std::size_t count) {
            static_assert(alignof(Object) <= alignof(std::max_align_t));
            return static_cast<Object*>(memory_->take(count * sizeof(Object)));
        }
        void deallocate(Object* place, std::size_t) noexcept { memory_->give_back(place); }

        template <class Other>
        [[nodiscard]] friend bool operator==(const Allocator& one, const Allocator<Other>& other) noexcept {
            return one.memory_ == other.memory_;
        }

    private:
        template <class>
        friend class Allocator;
        PostMemory* memory_;
    };

private:
    static constexpr std::size_t size = 128;

    [[nodiscard]] void* take(std::size_t wanted) {
        if (taken_ || wanted > size) return ::operator new(wanted);
        taken_ = true;
        return place_.data();
    }
    void give_back(void* place) noexcept {
        if (place == place_.data()) {
            taken_ = false;
        } else {
            ::operator delete(place);
        }
    }

    alignas(std::max_align_t) std::array<std::byte, size> place_;  // as it is
    bool taken_ = false;
};

}  // namespace picoxx
