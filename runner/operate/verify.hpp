// The action verify: whether the etcd that is there is well. It changes nothing, needs no
// helm and no chart.
#pragma once

#include "base/result.hpp"
#include "operate/run.hpp"

namespace operate {

// One pass; the record tells what was found. Any chart will do, and none, too: without a
// release the StatefulSet is found by its labels. Errors: not_found (no etcd there, or a
// Secret of it is missing), forbidden, unreachable, etcd_unhealthy, cancelled.
[[nodiscard]] base::Result<void> verify(const Run& run);

}  // namespace operate
