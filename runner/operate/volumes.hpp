// The volumes of a release: they outlive it.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "model/kubernetes.hpp"
#include "model/record.hpp"
#include "operate/observer.hpp"
#include "operate/run.hpp"

namespace operate {

using Claims = std::vector<model::PersistentVolumeClaim>;

// As they are now, of a release that is gone, too.
[[nodiscard]] Claims claims_of_release(const Run& run, const Observer& observer);

[[nodiscard]] std::vector<model::Volume> as_volumes(const Claims& claims);

// Deletes them for good, and waits until they are gone. The record has them. Errors: rollout_timed_out, and those of
// changing the cluster.
[[nodiscard]] base::Result<void> delete_volumes(const Run& run, Observer& observer, const Claims& claims);

}  // namespace operate
