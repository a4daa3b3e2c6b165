// What is asked before anything is touched.
#pragma once

#include <optional>

#include "base/result.hpp"
#include "helm/release.hpp"
#include "operate/run.hpp"

namespace operate {

struct Preflight {
    std::optional<helm::Release> release;  // the newest revision there is
    bool namespace_exists = true;
};

// Reaches the API server and helm at the same time, and reads the release. Errors:
// unreachable, unauthorized, forbidden, helm_unusable, cancelled.
[[nodiscard]] base::Result<Preflight> preflight(const Run& run);

}  // namespace operate
