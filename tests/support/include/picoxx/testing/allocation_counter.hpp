#pragma once

#include <cstddef>

namespace picoxx::testing {

/// Calls of `operator new` by this thread so far. Link `picoxx::allocation_counter`, which replaces
/// the operators of the program.
[[nodiscard]] std::size_t allocations_of_this_thread() noexcept;

/// While it lives, one allocation of this thread fails with std::bad_alloc: the `nth` from its making on, from 0. One
/// at a time.
class FailingAllocation {
public:
    explicit FailingAllocation(std::size_t nth) noexcept;
    ~FailingAllocation();
    FailingAllocation(const FailingAllocation&) = delete;
    FailingAllocation& operator=(const FailingAllocation&) = delete;

    /// There were that many, so one has failed.
    [[nodiscard]] bool happened() const noexcept;
};

/// While it lives, allocations of this thread succeed and are not counted by FailingAllocation: they are the test's,
/// not of what it tests.
class AllocationsOfTheTest {
public:
    AllocationsOfTheTest() noexcept;
    ~AllocationsOfTheTest();
    AllocationsOfTheTest(const AllocationsOfTheTest&) = delete;
    AllocationsOfTheTest& operator=(const AllocationsOfTheTest&) = delete;
};

}  // namespace picoxx::testing
