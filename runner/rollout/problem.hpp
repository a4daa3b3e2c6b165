// Pure: what keeps one object from becoming ready, and whether waiting helps.
// The states are those that the kubelet, the scheduler, the StatefulSet controller
// and the volume provisioners really report; helm and kubectl wait through most of
// them until their timeout.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/graces.hpp"
#include "model/kubernetes.hpp"
#include "rollout/view.hpp"

namespace rollout {

using model::Graces;

struct Problem {
    std::string kind;                // stable, e.g. "ImageNotFound": the key of its grace
    std::string headline;            // plain words, one sentence
    std::string hint;                // what to do
    std::string container;           // whose logs are worth reading; may be empty
    std::chrono::seconds grace{0};   // hopeless when it lasts longer
    std::string pod = {};            // of a problem of several: the one that shows it
    bool log_tells = false;          // the container has ended: its log may tell why
    bool not_started_since = false;  // its end is the state of now
};

// What was there before the change began: not its fault.
struct Baseline {
    std::uint64_t resource_version = 0;                // what has not changed since is old; 0: nothing is
    std::map<std::string, std::int32_t> restarts;      // pod UID -> restarts so far
    std::set<std::string> jobs;                        // UIDs: hooks of earlier runs
    std::map<std::string, std::int32_t> job_failures;  // Job UID -> pods that had failed
    std::set<std::string> backing_off;                 // UIDs of pods that the kubelet lets wait before another try
    // Nothing was told of it since: it does not know yet of what was put right in between.
    [[nodiscard]] bool has(const model::ObjectMeta& meta) const { return meta.resource_version <= resource_version; }
};

// The worst problem of a pod that cannot start, keeps ending or does not leave (init
// containers too), if it has one.
[[nodiscard]] std::optional<Problem> pod_problem(const model::Pod& pod, const View& view, const Baseline& baseline,
                                                 const Graces& graces);
// The node controller has marked it, since its node is silent: the pod cannot tell of itself
// any more. The node itself is not read, which few may. (place_and_readiness.cpp)
[[nodiscard]] std::optional<Problem> node_problem(const model::Pod& pod, const View& view, const Graces& graces);
// Its containers run, and one of them does not become ready.
[[nodiscard]] std::optional<Problem> readiness_problem(const model::Pod& pod, const View& view, const Graces& graces);
// A pod of the old revision that is not ready, under OrderedReady: the controller waits for
// it and never replaces it (https://github.com/kubernetes/kubernetes/issues/67250).
[[nodiscard]] std::optional<Problem> wedged_problem(const model::Pod& pod, const View& view, const Graces& graces);
[[nodiscard]] std::optional<Problem> claim_problem(const model::PersistentVolumeClaim& claim, const View& view,
                                                   const Baseline& baseline, const Graces& graces);
// What a container ended with, for good or before its last restart, if it failed; else null.
[[nodiscard]] const model::Termination* failure_of(const model::ContainerStatus& container);
// The pods of a hook's Job keep failing. A Job tries again by itself, and how often is for the chart to say
// (backoffLimit): a problem only where it does not.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy
[[nodiscard]] std::optional<Problem> retry_problem(const model::Job& job, const std::vector<const model::Pod*>& pods,
                                                   const View& view, const Baseline& baseline, const Graces& graces);
// The newest event with which the controller said that it cannot create pods; null when it has made one since.
[[nodiscard]] const model::Event* creation_refused(const View& view, const std::string& owner_uid);
// The controller cannot create pods: quota, admission, a missing service account.
[[nodiscard]] std::optional<Problem> creation_problem(const std::string& kind_and_name, const std::string& owner_uid,
                                                      const View& view, const Baseline& baseline, const Graces& graces);

// Whether the kubelet lets one of its containers wait before it tries again, up to five minutes, or is just about to,
// and none runs.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
[[nodiscard]] bool backs_off(const model::Pod& pod);

// One line for people: "ready", "starting: readiness probe failed: HTTP 503", …
[[nodiscard]] std::string pod_phrase(const model::Pod& pod, const View& view);

// The state of a pod and its events, one line each, for the summary.
[[nodiscard]] std::vector<std::string> pod_evidence(const model::Pod& pod, const View& view);

}  // namespace rollout
