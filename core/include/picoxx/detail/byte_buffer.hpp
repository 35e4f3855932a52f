#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

namespace picoxx::detail {

/// Bytes that only grow; the first few hundred need no allocation.
class ByteBuffer {
public:
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

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const std::byte* data() const noexcept { return heap_.empty() ? inline_.data() : heap_.data(); }

private:
    std::array<std::byte, 192> inline_;
    std::vector<std::byte> heap_;
    std::size_t size_ = 0;
};

}  // namespace picoxx::detail
