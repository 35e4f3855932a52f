#pragma once

#include <picoxx/port/time.hpp>

#include <atomic>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace picoxx {

/// What an object of a DeadlineHeap carries, so that it is found there without a search.
struct HeapPlace {
    static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();
    std::size_t index = nowhere;
    /// When it is due. Written by the heap; others may read it meanwhile.
    std::atomic<TimePoint> due{no_deadline};
};

/// Objects by the time at which they are due; knows the first one. Every change costs O(log n); one that is due later
/// than all others goes in, and the one that went in last goes out, in O(1). It does not own them. `place` is the
/// member of the object that belongs to this heap. Thread safety: none, but for `HeapPlace::due`.
template <class Object, HeapPlace Object::*place>
class DeadlineHeap {
public:
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] static bool holds(const Object& object) noexcept {
        return (object.*place).index != HeapPlace::nowhere;
    }
    /// no_deadline where there is nothing.
    [[nodiscard]] TimePoint first_due() const noexcept { return entries_.empty() ? no_deadline : entries_[0].due; }
    /// @pre !empty()
    [[nodiscard]] Object& first() const noexcept { return *entries_[0].object; }
    /// Calls `visit` with each object, the first one first.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const Entry& entry : entries_) visit(*entry.object);
    }

    /// @throws std::bad_alloc; nothing has changed then. @pre !holds(object)
    void insert(Object& object, TimePoint due) {
        entries_.push_back(Entry{due, &object});
        (object.*place).due.store(due, std::memory_order_relaxed);
        (object.*place).index = entries_.size() - 1;
        rise(entries_.size() - 1);
    }
    /// @pre holds(object)
    void change(Object& object, TimePoint due) noexcept {
        const std::size_t at = (object.*place).index;
        entries_[at].due = due;
        (object.*place).due.store(due, std::memory_order_relaxed);
        rise(at);
        sink((object.*place).index);
    }
    /// @pre holds(object)
    void remove(Object& object) noexcept {
        const std::size_t at = std::exchange((object.*place).index, HeapPlace::nowhere);
        const Entry last = entries_.back();
        entries_.pop_back();
        if (at == entries_.size()) return;
        put(at, last);
        rise(at);
        sink((last.object->*place).index);
    }

private:
    struct Entry {
        TimePoint due;
        Object* object;
    };

    void put(std::size_t at, Entry entry) noexcept {
        (entry.object->*place).index = at;
        entries_[at] = entry;
    }
    void rise(std::size_t at) noexcept {
        for (; at != 0 && entries_[at].due < entries_[(at - 1) / 2].due; at = (at - 1) / 2) swap(at, (at - 1) / 2);
    }
    void sink(std::size_t at) noexcept {
        for (std::size_t child = 2 * at + 1; child < entries_.size(); child = 2 * at + 1) {
            if (child + 1 < entries_.size() && entries_[child + 1].due < entries_[child].due) ++child;
            if (!(entries_[child].due < entries_[at].due)) return;
            swap(at, child);
            at = child;
        }
    }
    void swap(std::size_t one, std::size_t other) noexcept {
        const Entry entry = entries_[one];
        put(one, entries_[other]);
        put(other, entry);
    }

    std::vector<Entry> entries_;
};

}  // namespace picoxx
