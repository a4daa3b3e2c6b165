// Asks every member of etcd, in parallel, and judges the answers.
#pragma once

#include <chrono>
#include <string>

#include "base/result.hpp"
#include "model/kubernetes.hpp"
#include "operate/examine.hpp"
#include "operate/run.hpp"
#include "rollout/view.hpp"

namespace operate {

// Fills the record's health and endpoints. A member that just became ready may need a
// moment: failures are asked about again for a few seconds. The examiner may go on asking
// (its connections are warm). Errors: etcd_unhealthy, cancelled, unauthorized (by Kubernetes).
[[nodiscard]] base::Result<Examiner> check_etcd(const Run& run, const rollout::View& view,
                                                const model::StatefulSet& set);

// One pass, into the record. Errors: unauthorized (by Kubernetes).
[[nodiscard]] base::Result<void> examine_once(const Run& run, Examiner& examiner, const rollout::View& view,
                                              const model::StatefulSet& set);

// The same, but an API server that is away says nothing of etcd: when the way to a member was lost,
// it is waited for until the run's deadline, and the members are asked again. The result is how
// long that took. Errors: also unreachable, cancelled.
[[nodiscard]] base::Result<std::chrono::milliseconds> examine_past_outage(const Run& run, Examiner& examiner,
                                                                          const rollout::View& view,
                                                                          const model::StatefulSet& set);

// The first thing that makes it unhealthy, as a sentence; and as the run's error.
[[nodiscard]] std::string first_failure(const model::ClusterHealth& health);
[[nodiscard]] base::Error unhealthy(const model::ClusterHealth& health);

void tell_healthy(const Run& run, const model::ClusterHealth& health);

}  // namespace operate
