#include "rollout/problem.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "rollout/ending.hpp"

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

bool is_one_of(std::string_view text, const auto& texts) {
    return std::ranges::find(texts, text) != std::ranges::end(texts);
}

// What registries and containerd say of an image that is not there.
bool says_not_found(std::string_view message) {
    constexpr std::array<std::string_view, 4> phrases{"not found", "NotFound", "manifest unknown", "name unknown"};
    return contains_any(message, phrases);
}

Problem crash_loop(const Pod& pod, const ContainerStatus& container, const View& view) {
    Problem problem{.kind = "CrashLoop",
                    .headline = "pod " + pod.meta.name + ": " + container.title() + " keeps crashing",
                    .hint = "read its last log lines: they name the reason",
                    .container = container.name};
    if (container.last_terminated) {
        const auto ending = ending_of(pod, container, *container.last_terminated, view);
        problem.headline = "pod " + pod.meta.name + ": " + container.title() + " " + ending.again;
        problem.hint = ending.hint;
        problem.log_tells = ending.log_tells;
    }
    return problem;
}

// What is old may be put right by now: the one who tries gets the time to try again.
std::chrono::seconds or_another_try(std::chrono::seconds grace, bool is_old, std::chrono::seconds time_to_try) {
    return is_old ? std::max(grace, time_to_try) : grace;
}

std::optional<Problem> waiting_problem(const Pod& pod, const ContainerStatus& container, const Baseline& baseline,
                                       const Graces& graces) {
    const bool is_old = baseline.has(pod.meta);
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
                           .container = {},
                           .grace = or_another_try(graces.image_not_found, is_old, graces.image_pull)};
        }
        return Problem{
            .kind = "ImagePull",
            .headline = where + "image " + quoted(container.image) + " cannot be pulled: " + detail,
            .hint = "check the registry's address, its credentials (image.pullSecrets) and the nodes' network",
            .container = {},
            .grace = graces.image_pull};
    }
    if (reason == "InvalidImageName") {
        // No other try helps, however old it is: the template has to change.
        return Problem{.kind = reason,
                       .headline = where + "'" + quoted(container.image) + "' is no valid image name",
                       .hint = "correct image.registry, image.repository and image.tag in the values file",
                       .container = {},
                       .grace = graces.image_name};
    }
    if (reason == "ErrImageNeverPull") {
        return Problem{.kind = reason,
                       .headline = where + "image " + quoted(container.image) +
                                   " is not on the node, and the pull policy is Never",
                       .hint = "set image.pullPolicy to IfNotPresent",
                       .container = {},
                       .grace = or_another_try(graces.image_not_found, is_old, graces.image_pull)};
    }
    if (reason == "CreateContainerConfigError") {
        // The kubelet's cache of ConfigMaps and Secrets catches up by itself.
        const bool transient = detail.contains("failed to sync") && detail.contains("cache");
        return Problem{.kind = reason,
                       .headline = where + container.title() + " cannot be configured: " + detail,
                       .hint = "create what is missing in this namespace, or correct the reference to it",
                       .container = {},
                       .grace = or_another_try(transient ? graces.create_container : graces.container_config, is_old,
                                               graces.create_container)};
    }
    if (reason == "CreateContainerError" || reason == "RunContainerError") {
        return Problem{.kind = reason,
                       .headline = where + container.title() + " cannot be started: " + detail,
                       .hint = "see the node's container runtime for the reason",
                       .container = {},
                       .grace = graces.create_container};
    }
    return std::nullopt;
}

std::optional<Problem> container_problem(const Pod& pod, const ContainerStatus& container, const View& view,
                                         const Baseline& baseline, const Graces& graces) {
    if (auto problem = waiting_problem(pod, container, baseline, graces)) {
        return problem;
    }
    const auto known = baseline.restarts.find(pod.meta.uid);
    const std::int32_t restarts_before = known == baseline.restarts.end() ? 0 : known->second;
    const bool crashed_enough = container.restart_count - restarts_before >= graces.crash_restarts;
    if (container.waiting_reason == "CrashLoopBackOff" && crashed_enough) {
        auto problem = crash_loop(pod, container, view);
        problem.grace = graces.crash_loop;
        return problem;
    }
    if (container.terminated && container.terminated->reason == "ContainerCannotRun" &&
        container.terminated->exit_code != 128) {
        return Problem{.kind = "ContainerCannotRun",
                       .headline = "pod " + pod.meta.name + ": " + container.title() +
                                   " cannot run: " + quoted(container.terminated->message),
                       .hint = "check the image's command and the pod's security context",
                       .container = container.name,
                       .grace = graces.create_container};
    }
    return std::nullopt;
}

// A quota that is new, and not counted yet; a conflict with somebody else's write.
bool passes_by_itself(std::string_view message) {
    constexpr std::array<std::string_view, 3> phrases{"try again", "status unknown for quota",
                                                      "object has been modified"};
    return contains_any(message, phrases);
}
constexpr std::chrono::seconds patience_with_what_passes{60};

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

// However short the grace is: a pod that was just made has its turn to come.
constexpr std::chrono::seconds schedulers_turn{10};
constexpr std::string_view default_scheduler = "default-scheduler";

// A scheduler that has found a node says so only once the pod's volumes are made there
// (https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode): the claims have rules of their
// own.
bool waits_for_claim(const Pod& pod, const View& view) {
    return std::ranges::any_of(view.claims(), [&](const auto& entry) {
        const auto& claim = entry.second;
        return claim.phase == "Pending" && claim.meta.annotations.contains("volume.kubernetes.io/selected-node") &&
               entry.first.ends_with("-" + pod.meta.name);
    });
}

// No scheduler looks at it, so that none says why there is no node for it.
// https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/
std::optional<Problem> unlooked_at_problem(const Pod& pod, const View& view, const Graces& graces) {
    if (!pod.node.empty() || pod.phase != "Pending") {
        return std::nullopt;
    }
    const std::string where = "pod " + pod.meta.name + ": ";
    if (!pod.scheduling_gates.empty()) {
        // Who queues pods by gates may wait for a node that is being made.
        return Problem{.kind = "SchedulingGated",
                       .headline = where + "no scheduler may look for a node while it has the scheduling gate " +
                                   quoted(base::join(pod.scheduling_gates, ", ")),
                       .hint = "see whether the controller that is to remove this gate works",
                       .container = {},
                       .grace = graces.scale_up};
    }
    if (pod.condition("PodScheduled") == nullptr && !pod.scheduler.empty() && !waits_for_claim(pod, view)) {
        // The cluster's own may be away while the control plane is upgraded, or be at work on what we do not see.
        const auto turn = pod.scheduler == default_scheduler ? graces.volume_mount : schedulers_turn;
        return Problem{.kind = "NoScheduler",
                       .headline = where + "the scheduler " + quoted(pod.scheduler) + " does not look for a node",
                       .hint = "see whether this scheduler runs (kubectl get pods -A), and schedulerName in the chart",
                       .container = {},
                       .grace = std::max(graces.unschedulable, turn)};
    }
    return std::nullopt;
}

std::optional<Problem> scheduling_problem(const Pod& pod, const View& view, const Graces& graces) {
    if (auto problem = unlooked_at_problem(pod, view, graces)) {
        return problem;
    }
    const auto* scheduled = pod.condition("PodScheduled");
    if (scheduled == nullptr || scheduled->status != "False" || scheduled->reason != "Unschedulable") {
        return std::nullopt;
    }
    if (scheduled->message.contains("unbound immediate PersistentVolumeClaim")) {
        // Its volume is being made: the claim has rules of its own, unless nothing is told of it.
        return Problem{.kind = "UnboundClaim",
                       .headline = "pod " + pod.meta.name + " fits on no node: " + quoted(scheduled->message),
                       .hint = "see the claims: kubectl get pvc, kubectl get storageclass",
                       .container = {},
                       .grace = graces.volume_mount};
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

// What the attach controller says of a volume: "… for volume "pvc-1" …".
std::string_view volume_in(std::string_view message) {
    constexpr std::string_view before = "for volume \"";
    const auto begin = message.find(before);
    if (begin == std::string_view::npos) {
        return {};
    }
    message.remove_prefix(begin + before.size());
    return message.substr(0, message.find('"'));
}

// The newest trouble on the way to a container, unless a later event proves that it is over. The kubelet
// mounts all volumes, then makes the sandbox, then pulls. One volume that is attached proves nothing of
// another, nor of a mount.
const model::Event* trouble_before_start(const View& view, const std::string& uid) {
    constexpr std::array<std::string_view, 4> past_it{"Pulling", "Pulled", "Created", "Started"};
    constexpr std::array<std::string_view, 3> troubles{"FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"};
    const model::Event* newest = nullptr;
    for (const auto* event : view.events_about(uid)) {
        const bool attaches_it = newest != nullptr && newest->reason == "FailedAttachVolume" &&
                                 event->reason == "SuccessfulAttachVolume" &&
                                 volume_in(event->message) == volume_in(newest->message);
        if (is_one_of(event->reason, past_it) || attaches_it) {
            newest = nullptr;
        } else if (is_one_of(event->reason, troubles)) {
            newest = event;
        }
    }
    return newest;
}

// Volumes and sandboxes fail in events only.
std::optional<Problem> start_problem(const Pod& pod, const View& view, const Baseline& baseline, const Graces& graces) {
    const bool anything_started = std::ranges::any_of(pod.containers, [](const auto& container) {
        return container.running || container.terminated || container.restart_count > 0;
    });
    if (anything_started) {
        return std::nullopt;
    }
    const auto* event = trouble_before_start(view, pod.meta.uid);
    if (event == nullptr || baseline.has(event->meta)) {
        return std::nullopt;
    }
    // Who attaches and who mounts complain in turns of one volume: one trouble, with one grace.
    const bool is_sandbox = event->reason == "FailedCreatePodSandBox";
    return Problem{.kind = is_sandbox ? event->reason : "FailedMount",
                   .headline = "pod " + pod.meta.name + ": " + quoted(event->message),
                   .hint = is_sandbox ? "see the node's container runtime and network plugin"
                                      : "see whether the volume, ConfigMap or Secret exists and is free for this node",
                   .container = {},
                   .grace = graces.volume_mount};
}

}  // namespace

std::optional<Problem> pod_problem(const Pod& pod, const View& view, const Baseline& baseline, const Graces& graces) {
    if (pod.terminating()) {
        const auto& finalizers = pod.meta.finalizers;
        const bool is_held = !finalizers.empty();
        return Problem{
            .kind = "StuckTerminating",
            .headline = "pod " + pod.meta.name + " does not terminate" +
                        (pod.node.empty() ? std::string() : " on node " + pod.node) +
                        (is_held ? ", held by the finalizer " + quoted(base::join(finalizers, ", ")) : std::string()),
            .hint = is_held ? "see whether the controller that owns this finalizer works"
                            : "see whether its node is alive (kubectl get nodes)",
            .container = {},
            .grace = std::chrono::seconds(pod.meta.deletion_grace_seconds) + graces.stuck_terminating};
    }
    if (pod.ready()) {
        return std::nullopt;
    }
    if (auto problem = scheduling_problem(pod, view, graces)) {
        return problem;
    }
    for (const auto& container : pod.containers) {
        if (auto problem = container_problem(pod, container, view, baseline, graces)) {
            return problem;
        }
    }
    return start_problem(pod, view, baseline, graces);
}

const model::Termination* failure_of(const ContainerStatus& container) {
    const auto& ended = container.last_end();
    return ended && ended->exit_code != 0 ? &*ended : nullptr;
}

namespace {

// One of its containers runs, not only one that prepares it.
bool is_at_work(const Pod& pod) {
    return std::ranges::any_of(
        pod.containers, [](const ContainerStatus& container) { return container.running && !container.is_init; });
}

// One of them is being tried just now, or has done its work: the Job may be over in a moment.
bool may_work_now(const std::vector<const Pod*>& pods, std::uint64_t last_failure) {
    return std::ranges::any_of(pods, [&](const Pod* pod) {
        if (pod->phase == "Succeeded") {
            return pod->meta.resource_version > last_failure;
        }
        const bool prepares = pod->phase == "Pending" && !backs_off(*pod);
        return !pod->terminating() && (is_at_work(*pod) || prepares);
    });
}

}  // namespace

std::optional<Problem> retry_problem(const model::Job& job, const std::vector<const Pod*>& pods, const View& view,
                                     const Baseline& baseline, const Graces& graces) {
    if (job.backoff_limit != model::Job::default_backoff_limit) {
        return std::nullopt;
    }
    const auto since = [](const auto& before, const std::string& uid, std::int32_t now) {
        const auto known = before.find(uid);
        return known == before.end() ? now : now - known->second;
    };
    const Pod* newest = nullptr;
    const ContainerStatus* failed = nullptr;
    std::int32_t failures = since(baseline.job_failures, job.meta.uid, job.failed);
    for (const auto* pod : pods) {
        failures += since(baseline.restarts, pod->meta.uid, pod->restarts());
        for (const auto& container : pod->containers) {
            if (failure_of(container) != nullptr &&
                (newest == nullptr || pod->meta.resource_version >= newest->meta.resource_version)) {
                newest = pod;
                failed = &container;
            }
        }
    }
    if (failed == nullptr || failures < graces.crash_restarts || may_work_now(pods, newest->meta.resource_version)) {
        return std::nullopt;
    }
    const auto ending = ending_of(*newest, *failed, *failure_of(*failed), view);
    return Problem{.kind = "CrashLoop",
                   .headline = "pod " + newest->meta.name + ": " + failed->title() + " " + ending.once +
                               ", and has failed " + std::to_string(failures) + " times",
                   .hint =
                       "read its last log lines: they name the reason. If it is to try for longer, set the Job's "
                       "backoffLimit in the chart, or raise the grace hook-crash-loop",
                   .container = failed->name,
                   .grace = graces.hook_crash_loop,
                   .pod = newest->meta.name,
                   .log_tells = ending.log_tells,
                   .not_started_since = failed->terminated.has_value()};
}

bool backs_off(const Pod& pod) {
    const auto waits = [](const ContainerStatus& container) {
        constexpr std::array<std::string_view, 3> reasons{"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull"};
        const bool has_just_failed = container.terminated && container.terminated->exit_code != 0;
        return has_just_failed || is_one_of(container.waiting_reason, reasons);
    };
    return std::ranges::any_of(pod.containers, waits) && !is_at_work(pod);
}

namespace {

// Said of every claim while its volume is made; a trouble only when nothing follows.
std::optional<Problem> unanswered_claim(const model::PersistentVolumeClaim& claim, const View& view,
                                        const Graces& graces) {
    const auto* event = newest_event(view, claim.meta.uid, {"ExternalProvisioning"});
    if (event == nullptr) {
        return std::nullopt;
    }
    return Problem{.kind = event->reason,
                   .headline = "volume claim " + claim.meta.name + " stays unbound: " + quoted(event->message),
                   .hint = "see whether the provisioner of storage class " + quoted(claim.storage_class) + " runs",
                   .container = {},
                   .grace = graces.volume_mount};
}

}  // namespace

std::optional<Problem> claim_problem(const model::PersistentVolumeClaim& claim, const View& view,
                                     const Baseline& baseline, const Graces& graces) {
    if (claim.phase == "Lost") {
        return Problem{
            .kind = "ClaimLost",
            .headline = "volume claim " + claim.meta.name + " has lost its volume " + claim.volume,
            .hint = "the data of this member is gone: delete the claim and its pod once the others are healthy",
            .container = {},
            .grace = or_another_try(graces.claim_lost, baseline.has(claim.meta), graces.volume_mount)};
    }
    if (claim.phase != "Pending") {
        return std::nullopt;
    }
    const auto* event = newest_event(view, claim.meta.uid, {"ProvisioningFailed", "FailedBinding"});
    if (event == nullptr) {
        return unanswered_claim(claim, view, graces);
    }
    const bool class_missing = event->message.contains("storageclass") && event->message.contains("not found");
    // What is only said once somebody is to make the volume: then there is a class.
    const auto* being_made = newest_event(view, claim.meta.uid, {"ExternalProvisioning", "Provisioning"});
    if ((class_missing || event->reason == "FailedBinding") && being_made != nullptr &&
        being_made->meta.resource_version > event->meta.resource_version) {
        return unanswered_claim(claim, view, graces);
    }
    // Not the claim's own version: it changes when a class is found, and not when making its volume fails again.
    const bool is_old = baseline.has(event->meta);
    return Problem{
        .kind = event->reason,
        .headline = "volume claim " + claim.meta.name + " stays unbound: " + quoted(event->message),
        .hint = class_missing ? "set persistence.storageClass to one of: kubectl get storageclass"
                              : "see kubectl describe pvc " + claim.meta.name +
                                    ", and whether a default storage class exists (kubectl get storageclass)",
        .container = {},
        .grace =
            or_another_try(class_missing ? graces.storage_class : graces.provisioning, is_old, graces.volume_mount)};
}

const model::Event* creation_refused(const View& view, const std::string& owner_uid) {
    const auto* event = newest_event(view, owner_uid, {"FailedCreate"});
    const auto* success = newest_event(view, owner_uid, {"SuccessfulCreate"});
    const bool is_over =
        event != nullptr && success != nullptr && success->meta.resource_version > event->meta.resource_version;
    return is_over ? nullptr : event;
}

std::optional<Problem> creation_problem(const std::string& kind_and_name, const std::string& owner_uid,
                                        const View& view, const Baseline& baseline, const Graces& graces) {
    const auto* event = creation_refused(view, owner_uid);
    if (event == nullptr) {
        return std::nullopt;
    }
    // The controller tries at once when the run has woken it. It may have said too much by now to be heard again:
    // of one object 25 events, then one in five minutes.
    Problem problem{
        .kind = "FailedCreate",
        .headline = kind_and_name + " cannot create its pods: " + quoted(event->message),
        .container = {},
        .grace = or_another_try(graces.creation_refused, baseline.has(event->meta), graces.create_container)};
    if (passes_by_itself(event->message)) {
        problem.grace += patience_with_what_passes;
    }
    if (event->message.contains("exceeded quota")) {
        problem.hint = "raise the ResourceQuota of the namespace, or lower resources in the values file";
    } else if (event->message.contains("failed quota")) {
        problem.hint = "the namespace's ResourceQuota demands them: set resources in the values file";
    } else if (event->message.contains("failed calling webhook")) {
        problem.hint = "an admission webhook does not answer: see whether its Service has pods that run";
    } else if (event->message.contains("denied the request") || event->message.contains("denied request")) {
        problem.hint = "an admission policy refuses the pod: satisfy it, or ask its owner";
    } else if (event->message.contains("violates PodSecurity")) {
        problem.hint = "the namespace's Pod Security level forbids this pod (label pod-security.kubernetes.io/enforce)";
    } else {
        problem.hint = "the API server refuses the pod: its message says why";
    }
    return problem;
}

}  // namespace rollout
