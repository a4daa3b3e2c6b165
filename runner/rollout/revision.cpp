#include "rollout/revision.hpp"

#include "rollout/view.hpp"

namespace rollout {
namespace {

constexpr const char* revision_label = "controller-revision-hash";

}  // namespace

std::string revision_of(const model::Pod& pod) {
    const auto label = pod.meta.labels.find(revision_label);
    return label == pod.meta.labels.end() ? std::string() : label->second;
}

bool is_outdated(const model::Pod& pod, const model::StatefulSet& set) {
    if (set.status.update_revision.empty()) {
        return false;  // the controller has not said yet what is new
    }
    return ordinal(pod.meta.name) - set.first_ordinal >= set.partition &&
           revision_of(pod) != set.status.update_revision;
}

bool is_in_range(const model::Pod& pod, const model::StatefulSet& set) {
    const int index = ordinal(pod.meta.name) - set.first_ordinal;
    return index >= 0 && index < set.replicas;
}

}  // namespace rollout
