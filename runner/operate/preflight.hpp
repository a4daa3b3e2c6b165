// What is asked before anything is touched.
#pragma once

#include <optional>
#include <vector>

#include "base/result.hpp"
#include "helm/release.hpp"
#include "operate/run.hpp"

namespace operate {

struct Preflight {
    std::optional<helm::Release> release;  // the newest revision there is
    bool namespace_exists = true;
    // Only for what plans: everything else ends without them.
    std::vector<kube::Right> missing_rights;
    bool may_look = true;  // false: rights are missing that even a plan cannot do without
};

// Reaches the API server and helm at the same time, and reads the release. Errors:
// unreachable, unauthorized, forbidden (of a plan only when the release cannot be read), helm_unusable, cancelled.
[[nodiscard]] base::Result<Preflight> preflight(const Run& run);

}  // namespace operate
