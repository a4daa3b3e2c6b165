// The action connect: tells where etcd's members are, and writes it into the values file of
// the backend. It changes nothing in the cluster, and needs no helm and no chart.
#pragma once

#include "base/result.hpp"
#include "operate/run.hpp"

namespace operate {

// Tells its story in the run's record. A faulty file is found before the cluster is asked.
// Errors: bad_input (the file, with its line), refused (it may not be written), difference
// (it is stale, and was only to be checked), etcd_unhealthy (no member tells who belongs to
// etcd), not_found (no etcd there), forbidden, unreachable, cancelled.
[[nodiscard]] base::Result<void> connect(const Run& run);

}  // namespace operate
