// What is known of the helm release: before the change, and after it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "helm/release.hpp"
#include "model/kubernetes.hpp"
#include "operate/run.hpp"
#include "rollout/view.hpp"

namespace operate {

// The newest revision, read from helm's own record; nothing when there is no release.
[[nodiscard]] base::Result<std::optional<helm::Release>> read_release(const Run& run, const kube::Scope& scope);

// A helm is at work on it, or was killed.
[[nodiscard]] bool is_pending(const std::optional<helm::Release>& release);

// The StatefulSets that helm says are this release's.
[[nodiscard]] std::vector<const model::StatefulSet*> release_sets(const rollout::View& view,
                                                                  const std::string& release);
// The one of them that is etcd: the only one, or the one labelled so, or the one that runs it.
// Errors: rollout_failed, when there is none or it cannot be told.
[[nodiscard]] base::Result<const model::StatefulSet*> etcd_set(const rollout::View& view, const std::string& release);

// For those who only look: the same, or one that helm did not deploy (kubectl apply, Argo CD),
// by the labels that charts agree upon. Errors: not_found.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
[[nodiscard]] base::Result<const model::StatefulSet*> find_etcd_set(const rollout::View& view,
                                                                    const std::string& release,
                                                                    const std::string& namespace_name);

// The claims that hold the release's data, also when its StatefulSet is gone already:
// Kubernetes gives a claim the selector labels of its StatefulSet.
[[nodiscard]] std::vector<const model::PersistentVolumeClaim*> release_claims(const rollout::View& view,
                                                                              const std::string& release);

}  // namespace operate
