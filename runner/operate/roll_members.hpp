// Replaces outdated members one at a time, and waits until all is rolled out.
#pragma once

#include "base/result.hpp"
#include "operate/availability.hpp"
#include "operate/observer.hpp"
#include "operate/rolling_plan.hpp"
#include "operate/run.hpp"
#include "rollout/verdict.hpp"

namespace operate {

// Blocks until the release is rolled out: what await_rollout does, after outdated members
// were replaced by the steps of rollout/roller when the plan says that it is for us. Where
// nothing is outdated no member is asked anything. The probe is started before a member is taken down, and
// none is while it writes slowly, a second at most: whatever slows etcd down, clients would wait for it and for
// the member. Errors: those of await_rollout;
// rollout_failed also when a member does not come back, or none may be taken down (no
// further one is touched then); forbidden.
[[nodiscard]] base::Result<void> roll_members(const Run& run, Observer& observer, rollout::Judge& judge,
                                              const RollingPlan& plan, AvailabilityProbe& probe);

}  // namespace operate
