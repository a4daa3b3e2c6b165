#include "model/pod_state.hpp"

#include <algorithm>

namespace model {

bool selects(const DisruptionBudget& budget, const Labels& pod) {
    return !budget.has_expressions && std::ranges::all_of(budget.selector, [&](const auto& label) {
        const auto found = pod.find(label.first);
        return found != pod.end() && found->second == label.second;
    });
}

}  // namespace model
