#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace picoxx::detail {

/// Bytes that only grow; the first few hundred need no allocation, and cost nothing to copy while they are not there.
class ByteBuffer {
public:
    // Leaves the array as it is.
    ByteBuffer() noexcept {}  // NOLINT(modernize-use-equals-default)
    ByteBuffer(const ByteBuffer& other) : heap_{other.heap_} { take_inline(other); }
    ByteBuffer(ByteBuffer&& other) noexcept : heap_{std::move(other.heap_)} {
        take_inline(other);
        other.size_ = 0;
    }
    ByteBuffer& operator=(const ByteBuffer& other) {
        if (this == &other) return *this;
        heap_ = other.heap_;
        take_inline(other);
        return *this;
    }
    ByteBuffer& operator=(ByteBuffer&& other) noexcept {
        if (this == &other) return *this;
        heap_ = std::move(other.heap_);
        take_inline(other);
        other.size_ = 0;
        return *this;
    }
    ~ByteBuffer() = default;

    void append(std::span<const std::byte> bytes) {
        if (bytes.empty()) return;
        if (heap_.empty() && size_ + bytes.size() <= inline_.size()) {
            std::memcpy(inline_.data() + size_, bytes.data(), bytes.size());
        } else {
            if (heap_.empty()) heap_.assign(inline_.begin(), inline_.begin() + static_cast<std::ptrdiff_t>(size_));
            heap_.insert(heap_.end(), bytes.begin(), bytes.end());
        }
        size_ += bytes.size();
    }

    /// The same for a size that the compiler knows.
    template <std::size_t Size>
    void append_fixed(const std::array<std::byte, Size>& bytes) {
        if (heap_.empty() && size_ + Size <= inline_.size()) {
            std::memcpy(inline_.data() + size_, bytes.data(), Size);
            size_ += Size;
        } else {
            append(bytes);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const std::byte* data() const noexcept { return heap_.empty() ? inline_.data() : heap_.data(); }

private:
    // With `heap_` already taken over.
    void take_inline(const ByteBuffer& other) noexcept {
        size_ = other.size_;
        if (heap_.empty()) std::memcpy(inline_.data(), other.inline_.data(), size_);
    }

    std::array<std::byte, 192> inline_;
    std::vector<std::byte> heap_;
    std::size_t size_ = 0;
};

}  // namespace picoxx::detail
