// What Kubernetes tells about the pods of an etcd cluster, for judging its health: the
// state of each pod, what it runs on, and what may be taken away from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/kubernetes.hpp"

namespace model {

// The file system of a volume, in bytes, as the kubelet measures it.
struct VolumeUse {
    std::string claim;
    std::uint64_t capacity = 0;
    std::uint64_t available = 0;  // not more than the capacity
    [[nodiscard]] int percent_used() const;
    friend bool operator==(const VolumeUse&, const VolumeUse&) = default;
};

struct PodState {
    bool running = true;  // the pod exists, and etcd's container in it runs
    std::string phrase;   // when it does not: why
    std::int32_t restarts = 0;
    std::optional<Termination> last_end;  // of etcd's container, before its last restart
    std::uint64_t memory_limit = 0;       // bytes; 0: none
    std::string zone;                     // of its node; empty: unknown, or none
    std::string claim;                    // of the data volume; empty: none
    std::string capacity;                 // of the claim, as Kubernetes writes it
    std::string storage_class;
    std::optional<VolumeUse> volume;  // empty: not measured
};

// https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/
struct DisruptionBudget {
    std::string name;
    Labels selector;               // its matchLabels
    bool has_expressions = false;  // matchExpressions, too: whom it selects is not known
    bool is_current = true;        // its status is of the newest spec
    std::int32_t disruptions_allowed = 0;
    std::int32_t current_healthy = 0;
    std::int32_t desired_healthy = 0;
    std::int32_t expected_pods = 0;
};

// Whether the budget counts pods with these labels.
[[nodiscard]] bool selects(const DisruptionBudget& budget, const Labels& pod);

}  // namespace model
