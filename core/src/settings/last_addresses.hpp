#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace picoxx {

/// Which address of a name answered last: the next connection tries it first. Thread safety: all functions.
class LastAddresses {
public:
    void answered(const std::string& host, const std::string& address) {
        const std::lock_guard lock{mutex_};
        if (addresses_.size() >= most_hosts && !addresses_.contains(host)) addresses_.clear();
        addresses_[host] = address;
    }
    /// Puts it in front, if it is among `addresses`; the others keep their order.
    void put_in_front(const std::string& host, std::vector<std::string>& addresses) const {
        const std::lock_guard lock{mutex_};
        const auto known = addresses_.find(host);
        if (known == addresses_.end()) return;
        const auto found = std::find(addresses.begin(), addresses.end(), known->second);
        if (found != addresses.end()) std::rotate(addresses.begin(), found, found + 1);
    }

private:
    // Clusters that move around have ever new names; the old ones are learnt again if they come back.
    static constexpr std::size_t most_hosts = 1'000;

    mutable std::mutex mutex_;
    std::map<std::string, std::string> addresses_;  // by host
};

}  // namespace picoxx
