#include "model/etcd.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace model {

bool ClusterHealth::healthy() const {
    return std::ranges::none_of(findings, [](const Finding& one) { return one.severity == Severity::failure; });
}

std::vector<std::string> ClusterHealth::alarms_of(std::uint64_t member_id) const {
    std::vector<std::string> types;
    for (const auto& member : members) {
        for (const auto& alarm : member.alarms.value_or(std::vector<Alarm>())) {
            if (alarm.member_id == member_id && std::ranges::find(types, alarm.type) == types.end()) {
                types.push_back(alarm.type);
            }
        }
    }
    return types;
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
