// Asks every member of etcd, in parallel, and judges the answers.
#pragma once

#include "base/result.hpp"
#include "model/kubernetes.hpp"
#include "operate/run.hpp"
#include "rollout/view.hpp"

namespace operate {

// Fills the record's health and endpoints. A member that just became ready may need a
// moment: failures are asked about again for a few seconds. Errors: etcd_unhealthy,
// cancelled.
[[nodiscard]] base::Result<void> check_etcd(const Run& run, const rollout::View& view, const model::StatefulSet& set);

}  // namespace operate
