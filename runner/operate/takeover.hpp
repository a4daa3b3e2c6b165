// A release that is pending blocks every helm: another helm is at work on it, or one was
// killed (the runner's machine went away). Nothing in the cluster tells which.
#pragma once

#include <optional>

#include "base/result.hpp"
#include "helm/release.hpp"
#include "model/journal.hpp"
#include "operate/run.hpp"

namespace operate {

// When the journal tells that a run of ours was at work, it was that one: we hold its lock, so
// it is dead, and its helm with it. Else it may be anybody's helm: waits whether the release leaves
// its pending state by itself, ten seconds, a minute while one of its hook Jobs is unfinished. Then it is marked as
// failed, as helm itself does when it is interrupted, with a warning. The result is the release as it is then. Errors:
// conflict (it was not abandoned after all), forbidden, cancelled, timed_out.
[[nodiscard]] base::Result<std::optional<helm::Release>> settle_pending(const Run& run,
                                                                        std::optional<helm::Release> release,
                                                                        const model::Journal& journal);

}  // namespace operate
