#include "model/pod_state.hpp"

#include <algorithm>

namespace model {

int VolumeUse::percent_used() const {
    const auto used = static_cast<double>(capacity - available);
    return capacity == 0 ? 0 : static_cast<int>(used * 100 / static_cast<double>(capacity));
}

bool selects(const DisruptionBudget& budget, const Labels& pod) {
    return !budget.has_expressions && std::ranges::all_of(budget.selector, [&](const auto& label) {
        const auto found = pod.find(label.first);
        return found != pod.end() && found->second == label.second;
    });
}

}  // namespace model
