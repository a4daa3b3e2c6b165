// Pure: what the members answered -> a verdict. Rules and thresholds are those that
// etcd's own operators use (etcdctl endpoint health, etcd-operator, OpenShift).
#pragma once

#include <cstdint>
#include <vector>

#include "model/etcd.hpp"

namespace health {

// `replicas`: how many members the StatefulSet asks for.
[[nodiscard]] model::ClusterHealth judge(std::vector<model::MemberAnswers> members, std::size_t replicas);

}  // namespace health
