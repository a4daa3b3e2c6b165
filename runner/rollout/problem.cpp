#include "rollout/problem.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"

namespace rollout {
namespace {

using model::ContainerStatus;
using model::Pod;

constexpr std::size_t message_limit = 400;

std::string quoted(std::string_view text) {
    return base::shorten(base::printable(base::trim(text)), message_limit);
}

bool contains_any(std::string_view text, const auto& parts) {
    return std::ranges::any_of(parts, [&](std::string_view part) { return text.contains(part); });
}

// What registries and containerd say of an image that is not there.
bool says_not_found(std::string_view message) {
    constexpr std::array<std::string_view, 4> phrases{"not found", "NotFound", "manifest unknown", "name unknown"};
    return contains_any(message, phrases);
}

std::string container_text(const ContainerStatus& container) {
    return (container.is_init ? "init container " : "container ") + container.name;
}

std::string ended_text(const model::Termination& termination) {
    std::string text = "exit code " + std::to_string(termination.exit_code);
    if (!termination.reason.empty() && termination.reason != "Error") {
        text += " (" + quoted(termination.reason) + ")";
    }
    return text;
}

Problem crash_loop(const Pod& pod, const ContainerStatus& container) {
    Problem problem{.kind = "CrashLoop", .container = container.name};
    problem.headline = "pod " + pod.meta.name + ": " + container_text(container) + " keeps crashing";
    if (container.last_terminated) {
        problem.headline += ", last with " + ended_text(*container.last_terminated);
        if (container.last_terminated->reason == "OOMKilled") {
            problem.headline = "pod " + pod.meta.name + ": " + container_text(container) +
                               " keeps being killed for want of memory (OOMKilled)";
            problem.hint = "raise resources.limits.memory in the values file";
            return problem;
        }
    }
    problem.hint = "read its last log lines: they name the reason";
    return problem;
}

std::optional<Problem> waiting_problem(const Pod& pod, const ContainerStatus& container, const Graces& graces) {
    const std::string& reason = container.waiting_reason;
    const std::string where = "pod " + pod.meta.name + ": ";
    const std::string detail = quoted(container.waiting_message);
    if (reason == "ErrImagePull" || reason == "ImagePullBackOff") {
        if (says_not_found(container.waiting_message)) {
            return Problem{.kind = "ImageNotFound",
                           .headline = where + "image " + quoted(container.image) + " not found",
                           .hint =
                               "check image.repository and image.tag in the values file, and that the registry "
                               "still serves this tag",
                           .container = {}};
        }
        return Problem{
            .kind = "ImagePull",
            .headline = where + "image " + quoted(container.image) + " cannot be pulled: " + detail,
            .hint = "check the registry's address, its credentials (image.pullSecrets) and the nodes' network",
            .container = {},
            .grace = graces.image_pull};
    }
    if (reason == "InvalidImageName") {
        return Problem{.kind = reason,
                       .headline = where + "'" + quoted(container.image) + "' is no valid image name",
                       .hint = "correct image.registry, image.repository and image.tag in the values file",
                       .container = {}};
    }
    if (reason == "ErrImageNeverPull") {
        return Problem{.kind = reason,
                       .headline = where + "image " + quoted(container.image) +
                                   " is not on the node, and the pull policy is Never",
                       .hint = "set image.pullPolicy to IfNotPresent",
                       .container = {}};
    }
    if (reason == "CreateContainerConfigError") {
        // The kubelet's cache of ConfigMaps and Secrets catches up by itself.
        const bool transient = detail.contains("failed to sync") && detail.contains("cache");
        return Problem{.kind = reason,
                       .headline = where + container_text(container) + " cannot be configured: " + detail,
                       .hint = "create what is missing in this namespace, or correct the reference to it",
                       .container = {},
                       .grace = transient ? graces.create_container : std::chrono::seconds(0)};
    }
    if (reason == "CreateContainerError" || reason == "RunContainerError") {
        return Problem{.kind = reason,
                       .headline = where + container_text(container) + " cannot be started: " + detail,
                       .hint = "see the node's container runtime for the reason",
                       .container = {},
                       .grace = graces.create_container};
    }
    return std::nullopt;
}

std::optional<Problem> container_problem(const Pod& pod, const ContainerStatus& container, std::int32_t restarts_before,
                                         const Graces& graces) {
    if (auto problem = waiting_problem(pod, container, graces)) {
        return problem;
    }
    const bool crashed_enough = container.restart_count - restarts_before >= graces.crash_restarts;
    if (container.waiting_reason == "CrashLoopBackOff" && crashed_enough) {
        return crash_loop(pod, container);
    }
    if (container.terminated && container.terminated->reason == "ContainerCannotRun" &&
        container.terminated->exit_code != 128) {
        return Problem{.kind = "ContainerCannotRun",
                       .headline = "pod " + pod.meta.name + ": " + container_text(container) +
                                   " cannot run: " + quoted(container.terminated->message),
                       .hint = "check the image's command and the pod's security context",
                       .container = container.name};
    }
    return std::nullopt;
}

// The newest event about this object with one of these reasons.
const model::Event* newest_event(const View& view, const std::string& uid,
                                 std::initializer_list<std::string_view> reasons) {
    const auto about = view.events_about(uid);
    for (auto event = about.rbegin(); event != about.rend(); ++event) {
        if (std::ranges::find(reasons, std::string_view((*event)->reason)) != reasons.end()) {
            return *event;
        }
    }
    return nullptr;
}

std::optional<Problem> scheduling_problem(const Pod& pod, const View& view, const Graces& graces) {
    const auto* scheduled = pod.condition("PodScheduled");
    if (scheduled == nullptr || scheduled->status != "False" || scheduled->reason != "Unschedulable") {
        return std::nullopt;
    }
    Problem problem{.kind = "Unschedulable", .container = {}, .grace = graces.unschedulable};
    // What the cluster autoscaler and Karpenter say when they add a node for this pod.
    if (newest_event(view, pod.meta.uid, {"TriggeredScaleUp", "Nominated"}) != nullptr) {
        problem.grace = graces.scale_up;
    }
    problem.headline = "pod " + pod.meta.name + " fits on no node: " + quoted(scheduled->message);
    if (scheduled->message.contains("anti-affinity")) {
        problem.hint = "hard anti-affinity wants one node per member: add a node, or set podAntiAffinityPreset: soft";
    } else if (scheduled->message.contains("Insufficient")) {
        problem.hint = "add a node, or lower resources.requests in the values file";
    } else if (scheduled->message.contains("PersistentVolumeClaim") || scheduled->message.contains("volume")) {
        problem.hint = "see the claims: kubectl get pvc, kubectl get storageclass";
    } else {
        problem.hint = "see kubectl describe nodes, and nodeSelector, affinity and tolerations in the values file";
    }
    return problem;
}

// Volumes and sandboxes fail in events only.
std::optional<Problem> start_problem(const Pod& pod, const View& view, const Baseline& baseline, const Graces& graces) {
    const bool anything_started = std::ranges::any_of(pod.containers, [](const auto& container) {
        return container.running || container.terminated || container.restart_count > 0;
    });
    if (anything_started) {
        return std::nullopt;
    }
    const auto* event =
        newest_event(view, pod.meta.uid, {"FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"});
    if (event == nullptr || event->meta.resource_version <= baseline.resource_version) {
        return std::nullopt;
    }
    return Problem{.kind = event->reason,
                   .headline = "pod " + pod.meta.name + ": " + quoted(event->message),
                   .hint = event->reason == "FailedCreatePodSandBox"
                               ? "see the node's container runtime and network plugin"
                               : "see whether the volume, ConfigMap or Secret exists and is free for this node",
                   .container = {},
                   .grace = graces.volume_mount};
}

}  // namespace

std::optional<Problem> pod_problem(const Pod& pod, const View& view, const Baseline& baseline, const Graces& graces) {
    if (pod.terminating()) {
        return Problem{.kind = "StuckTerminating",
                       .headline = "pod " + pod.meta.name + " does not terminate" +
                                   (pod.node.empty() ? std::string() : " on node " + pod.node),
                       .hint = "see whether its node is alive (kubectl get nodes) and whether a finalizer holds it",
                       .container = {},
                       .grace = std::chrono::seconds(pod.meta.deletion_grace_seconds) + graces.stuck_terminating};
    }
    if (pod.ready()) {
        return std::nullopt;
    }
    if (auto problem = scheduling_problem(pod, view, graces)) {
        return problem;
    }
    const auto known = baseline.restarts.find(pod.meta.uid);
    for (const auto& container : pod.containers) {
        const std::int32_t before = known == baseline.restarts.end() ? 0 : known->second;
        if (auto problem = container_problem(pod, container, before, graces)) {
            return problem;
        }
    }
    return start_problem(pod, view, baseline, graces);
}

std::optional<Problem> claim_problem(const model::PersistentVolumeClaim& claim, const View& view,
                                     const Graces& graces) {
    if (claim.phase == "Lost") {
        return Problem{
            .kind = "ClaimLost",
            .headline = "volume claim " + claim.meta.name + " has lost its volume " + claim.volume,
            .hint = "the data of this member is gone: delete the claim and its pod once the others are healthy",
            .container = {}};
    }
    if (claim.phase != "Pending") {
        return std::nullopt;
    }
    const auto* event = newest_event(view, claim.meta.uid, {"ProvisioningFailed", "FailedBinding"});
    if (event == nullptr) {
        return std::nullopt;
    }
    const bool class_missing = event->message.contains("storageclass") && event->message.contains("not found");
    return Problem{.kind = event->reason,
                   .headline = "volume claim " + claim.meta.name + " stays unbound: " + quoted(event->message),
                   .hint = class_missing
                               ? "set persistence.storageClass to one of: kubectl get storageclass"
                               : "see kubectl describe pvc " + claim.meta.name +
                                     ", and whether a default storage class exists (kubectl get storageclass)",
                   .container = {},
                   .grace = class_missing ? std::chrono::seconds(0) : graces.provisioning};
}

std::optional<Problem> creation_problem(const std::string& kind_and_name, const std::string& owner_uid,
                                        const View& view, const Baseline& baseline, const Graces& graces) {
    const auto* event = newest_event(view, owner_uid, {"FailedCreate"});
    if (event == nullptr || event->meta.resource_version <= baseline.resource_version) {
        return std::nullopt;
    }
    const auto* success = newest_event(view, owner_uid, {"SuccessfulCreate"});
    if (success != nullptr && success->meta.resource_version > event->meta.resource_version) {
        return std::nullopt;
    }
    Problem problem{.kind = "FailedCreate",
                    .headline = kind_and_name + " cannot create its pods: " + quoted(event->message),
                    .container = {},
                    .grace = graces.creation_refused};
    if (event->message.contains("exceeded quota")) {
        problem.hint = "raise the ResourceQuota of the namespace, or lower resources in the values file";
    } else if (event->message.contains("failed quota")) {
        problem.hint = "the namespace's ResourceQuota demands them: set resources in the values file";
    } else if (event->message.contains("denied the request")) {
        problem.hint = "an admission webhook refuses the pod: satisfy its policy, or ask its owner";
    } else if (event->message.contains("violates PodSecurity")) {
        problem.hint = "the namespace's Pod Security level forbids this pod (label pod-security.kubernetes.io/enforce)";
    } else {
        problem.hint = "the API server refuses the pod: its message says why";
    }
    return problem;
}

}  // namespace rollout
