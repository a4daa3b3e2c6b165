// Which pods a change of the StatefulSet would replace, in which order, and what etcd may lose meanwhile.
#pragma once

#include <optional>
#include <vector>

#include "model/etcd.hpp"
#include "model/kubernetes.hpp"
#include "model/plan.hpp"

namespace plan {

struct Change {
    std::optional<model::StatefulSet> before;   // nothing: there is none yet
    model::StatefulSet after;                   // as a dry run of applying it answers
    std::vector<model::FieldChange> fields;     // of the set
    std::vector<model::Pod> pods;               // of the set
    std::vector<model::MemberAnswers> members;  // what they answered; empty: they were not asked
    bool is_orchestrated = true;
    // Names of revisions whose template is the one of `after`: what was asked for before, and is again.
    std::vector<std::string> same_revisions = {};
};

// A pod is replaced when the template changes from the one that the pod itself is of, unless a partition
// spares it; or when the runner tries it again (rollout/roller). Pods of several templates there are when a change got
// stuck: back to the one before reaches few. The order is that of rollout/roller when the runner replaces them, else
// that of Kubernetes: the highest ordinal first.
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#rolling-updates
[[nodiscard]] model::Forecast forecast(const Change& change);

}  // namespace plan
