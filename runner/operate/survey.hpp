// A light question to all members at once, while some of them may be replaced: what they are, and whether
// they serve.
#pragma once

#include <chrono>
#include <vector>

#include "base/result.hpp"
#include "model/etcd.hpp"
#include "model/kubernetes.hpp"
#include "operate/etcd_members.hpp"
#include "operate/run.hpp"
#include "rollout/view.hpp"

namespace operate {

// How long a member may take for all that it is asked: one that is alive takes milliseconds.
inline constexpr std::chrono::seconds survey_limit{2};

// One pass over all members whose pods have an address: blocks for survey_limit at most. Errors:
// unauthorized (Kubernetes does not accept our credentials any more).
[[nodiscard]] base::Result<std::vector<model::MemberAnswers>> survey(const Run& run, EtcdMembers& members,
                                                                     const rollout::View& view,
                                                                     const model::StatefulSet& set);

}  // namespace operate
