// Install and upgrade: helm applies, the rollout is watched, etcd is asked.
#pragma once

#include "base/result.hpp"
#include "operate/evidence.hpp"
#include "operate/run.hpp"

namespace operate {

// Converges: installs, or upgrades what is there (action upgrade demands that something
// is). Tells its story in the run's record. When it fails after it has touched something, what
// is there is put into the evidence before anything is undone. Errors: any of model/outcome.hpp.
[[nodiscard]] base::Result<void> deploy(const Run& run, Evidence& evidence);

}  // namespace operate
