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

#include "model/kubernetes.hpp"
#include "rollout/view.hpp"

namespace rollout {

// How long a state may last before it is called hopeless. Zero: at once.
struct Graces {
    std::chrono::seconds image_pull{90};          // back-off without "not found": a registry may recover
    std::chrono::seconds create_container{60};    // CreateContainerError, RunContainerError
    std::chrono::seconds unschedulable{45};       // an autoscaler needs some 20 s to say that it adds a node
    std::chrono::seconds scale_up{600};           // it has said so
    std::chrono::seconds volume_mount{150};       // FailedMount, FailedAttachVolume
    std::chrono::seconds provisioning{30};        // a claim whose provisioner reports failures
    std::chrono::seconds creation_refused{10};    // FailedCreate: quota, admission
    std::chrono::seconds stuck_terminating{120};  // beyond the pod's own grace period
    int crash_restarts = 2;                       // restarts since we look, then it is a crash loop
};

struct Problem {
    std::string kind;               // stable, e.g. "ImageNotFound": the key of its grace
    std::string headline;           // plain words, one sentence
    std::string hint;               // what to do
    std::string container;          // whose logs are worth reading; may be empty
    std::chrono::seconds grace{0};  // hopeless when it lasts longer
};

// What was there before the change began: not its fault.
struct Baseline {
    std::uint64_t resource_version = 0;            // events up to here are old
    std::map<std::string, std::int32_t> restarts;  // pod UID -> restarts so far
    std::set<std::string> jobs;                    // UIDs: hooks of earlier runs
};

// The worst problem of a pod (init containers too), if it has one.
[[nodiscard]] std::optional<Problem> pod_problem(const model::Pod& pod, const View& view, const Baseline& baseline,
                                                 const Graces& graces);
[[nodiscard]] std::optional<Problem> claim_problem(const model::PersistentVolumeClaim& claim, const View& view,
                                                   const Graces& graces);
// The controller cannot create pods: quota, admission, a missing service account.
[[nodiscard]] std::optional<Problem> creation_problem(const std::string& kind_and_name, const std::string& owner_uid,
                                                      const View& view, const Baseline& baseline, const Graces& graces);

// One line for people: "ready", "starting: readiness probe failed: HTTP 503", …
[[nodiscard]] std::string pod_phrase(const model::Pod& pod, const View& view);

// The state of a pod and its events, one line each, for the summary.
[[nodiscard]] std::vector<std::string> pod_evidence(const model::Pod& pod, const View& view);

}  // namespace rollout
