// Pure: what was observed -> a verdict. Rules and thresholds are those that etcd's own
// operators use (etcdctl endpoint health, etcd's alerts and docs, etcd-operator, OpenShift);
// docs/verify.md lists them.
#pragma once

#include <cstdint>
#include <vector>

#include "model/etcd.hpp"

namespace health {

[[nodiscard]] model::ClusterHealth judge(model::Observations seen);

// Of the members' answers alone. `replicas`: how many members the StatefulSet asks for.
[[nodiscard]] model::ClusterHealth judge(std::vector<model::MemberAnswers> members, std::size_t replicas);

}  // namespace health
