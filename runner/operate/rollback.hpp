// Back to the last revision that was verified, after an upgrade that failed.
#pragma once

#include <optional>

#include "base/result.hpp"
#include "helm/release.hpp"
#include "model/journal.hpp"
#include "operate/availability.hpp"
#include "operate/run.hpp"

namespace operate {

// Whether this failure of this run is one to go back from: an upgrade that helm or the members
// have failed, and a request that wants it. A run that was cancelled or lost its lock ends as it is.
[[nodiscard]] bool wants_rollback(const Run& run, const base::Error& error);

// Decides (rollout/rollback_target), goes back by helm, replaces the members that stand on the
// bad revision, and proves health again, with as much time as the run had. What came of it
// stands in the record; the run has failed all the same.
// `before`: the release as the run found it. `probe`: the run's, which goes on to the end.
void roll_back(const Run& run, model::Journal& journal, const std::optional<helm::Release>& before,
               AvailabilityProbe& probe);

}  // namespace operate
