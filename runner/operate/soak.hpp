// Watches the members for a while after something was changed: a member that dies of its
// new settings often does so seconds after it became ready.
#pragma once

#include "base/result.hpp"
#include "operate/examine.hpp"
#include "operate/observer.hpp"
#include "operate/run.hpp"

namespace operate {

// Blocks for the request's soak; a container that ends is its end (after a second for the
// kubelet to say why). Demands that no container of the release's etcd ends, restarted or not,
// that no pod is replaced, that the leader stays, and that etcd is healthy at the end; the
// record's health is then that of the end, its cause tells of the container. Errors:
// etcd_unhealthy, cancelled, rollout_timed_out, what ended a watch.
[[nodiscard]] base::Result<void> soak(const Run& run, Observer& observer, Examiner& examiner);

}  // namespace operate
