// Pure: which of a StatefulSet's pods the change still has to reach.
#pragma once

#include <string>

#include "model/kubernetes.hpp"

namespace rollout {

// The name of the template that the pod was made of; "": nobody says.
[[nodiscard]] std::string revision_of(const model::Pod& pod);

// Whether the pod is of another template than the one that is asked for. Never before the
// controller has said what is new; and a pod below the partition may stay as it is.
[[nodiscard]] bool is_outdated(const model::Pod& pod, const model::StatefulSet& set);

// Whether its ordinal is one that the set asks for.
[[nodiscard]] bool is_in_range(const model::Pod& pod, const model::StatefulSet& set);

}  // namespace rollout
