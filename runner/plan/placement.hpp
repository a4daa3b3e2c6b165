// Where the scheduler may put a pod, as far as labels, taints and cordons decide it.
// https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/surroundings.hpp"

namespace plan {

// `pod` is a pod's spec. Whether the node has the labels that its nodeSelector and its required node affinity ask for.
[[nodiscard]] bool has_wanted_labels(const model::Node& node, const nlohmann::json& pod);
// Whether nothing keeps the pod off the node: no cordon, and no taint that it does not tolerate. (Preferences keep
// nobody off.)
[[nodiscard]] bool is_open_to(const model::Node& node, const nlohmann::json& pod);
// Both.
[[nodiscard]] bool may_run_on(const model::Node& node, const nlohmann::json& pod);

// Why the pod would wait on these nodes even if each of them were empty: "no node has the labels that it asks for";
// empty: one of them has room.
[[nodiscard]] std::string why_no_node(const std::vector<model::Node>& nodes, const nlohmann::json& pod);

}  // namespace plan
