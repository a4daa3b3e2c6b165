// Before helm's apply: who will replace members, and what helm has to be told for it.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/kubernetes.hpp"
#include "operate/observer.hpp"
#include "operate/run.hpp"

namespace operate {

struct RollingPlan {
    // The runner does; helm is asked to apply updateStrategy OnDelete.
    bool is_orchestrated = false;
    // Kubernetes does, and the runner those that it would wait for for ever.
    bool frees_stuck = false;
    // For helm's --set, beside the user's own.
    [[nodiscard]] std::vector<std::string> helm_values() const;
};

// Takes out of the live set what would keep helm from applying OnDelete: that restarts nothing. Errors: those of the
// API server.
[[nodiscard]] base::Result<RollingPlan> plan_rolling(const Run& run, const Observer& observer, bool is_orchestrated);

}  // namespace operate
