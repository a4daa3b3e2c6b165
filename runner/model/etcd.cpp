#include "model/etcd.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace model {

bool ClusterHealth::healthy() const {
    return std::ranges::none_of(findings, [](const Finding& one) { return one.severity == Severity::failure; });
}

std::size_t ClusterHealth::tolerance() const {
    const std::size_t quorum = voters / 2 + 1;
    const std::size_t healthy = std::min(healthy_members, voters);
    return healthy > quorum ? healthy - quorum : 0;
}

std::string hex_id(std::uint64_t id) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), id, 16).ptr;
    return {digits.data(), end};
}

}  // namespace model
