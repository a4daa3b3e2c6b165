// A pod as a StatefulSet's controller would make it: quotas, limits, webhooks and pod security judge pods, not sets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "plan/facts.hpp"

namespace plan {

struct TrialPod {
    std::string name;
    std::string json;
};

// Nothing for other objects, for sets that the API server refuses, and for those whose pods stay as they are. Its
// service account is left out: the chart may be about to make it.
[[nodiscard]] std::optional<TrialPod> trial_pod(const Trial& set);

}  // namespace plan
