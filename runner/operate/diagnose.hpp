// What is wrong with a release, and what mends it. Changes nothing; needs no helm.
#pragma once

#include "base/result.hpp"
#include "operate/evidence.hpp"
#include "operate/run.hpp"

namespace operate {

// Looks at everything in parallel, ten seconds at most, and puts the diagnosis into the
// record. What may not be looked at is a note in it. Errors: etcd_unhealthy (a certain or
// likely cause was found; its words), forbidden (nothing could be looked at that would
// show one), unreachable, unauthorized, cancelled.
[[nodiscard]] base::Result<void> diagnose(const Run& run, Evidence& evidence);

}  // namespace operate
