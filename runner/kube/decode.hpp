// JSON of the Kubernetes API -> model structs. Hostile until parsed: a wrong type,
// a missing name or an absurd nesting is an Error (protocol), never a crash.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "kube/client.hpp"
#include "model/kubernetes.hpp"
#include "model/timestamp.hpp"

namespace kube {

// A list answer, e.g. of GET /api/v1/namespaces/x/pods.
[[nodiscard]] base::Result<List> decode_list(Kind kind, std::string_view json);
[[nodiscard]] base::Result<model::StatefulSet> decode_stateful_set(std::string_view json);

// One line of a watch stream.
struct WatchLine {
    enum class Type { upserted, deleted, bookmark, gone, error } type = Type::error;
    std::vector<model::Object> object;  // for upserted and deleted
    std::string resource_version;       // to continue from
    std::string message;                // for error
};
[[nodiscard]] base::Result<WatchLine> decode_watch_line(Kind kind, std::string_view json);

// A node's condition Ready; its status is Unknown when the node does not tell.
[[nodiscard]] base::Result<model::Condition> decode_node_readiness(std::string_view json);

// policy/v1.
[[nodiscard]] base::Result<std::vector<model::DisruptionBudget>> decode_disruption_budgets(std::string_view json);
// The kubelet's summary of one node, of which the volumes with claims in this namespace:
// https://pkg.go.dev/k8s.io/kubelet/pkg/apis/stats/v1alpha1#Summary
[[nodiscard]] base::Result<std::vector<model::VolumeUse>> decode_volume_use(std::string_view json,
                                                                            std::string_view namespace_name);

// The message and reason of a Status object ("" when it is none).
struct StatusMessage {
    std::string reason;
    std::string message;
};
[[nodiscard]] StatusMessage decode_status(std::string_view json);

using model::parse_timestamp;

}  // namespace kube
