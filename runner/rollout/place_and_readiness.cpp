// Problems of pods whose containers run: the node is gone, a probe is not content, or the
// controller waits for what it will not heal.
#include <algorithm>

#include "base/text.hpp"
#include "model/timestamp.hpp"
#include "rollout/problem.hpp"

namespace rollout {
namespace {

using model::Pod;

constexpr std::size_t message_limit = 400;

std::string quoted(std::string_view text) {
    return base::shorten(base::printable(base::trim(text)), message_limit);
}

const model::Event* newest_event(const View& view, const Pod& pod, std::string_view reason) {
    const auto about = view.events_about(pod.meta.uid);
    const auto found = std::ranges::find(about.rbegin(), about.rend(), reason,
                                         [](const auto* event) { return std::string_view(event->reason); });
    return found == about.rend() ? nullptr : *found;
}

bool is_true(const Pod& pod, const std::string& type) {
    const auto* condition = pod.condition(type);
    return condition != nullptr && condition->status == "True";
}

// The node controller turns only Ready. A kubelet does that, too, for a readiness gate, and says so;
// for a container that is not ready it turns ContainersReady as well.
// https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
bool is_marked_by_node_controller(const Pod& pod) {
    const auto* ready = pod.condition("Ready");
    return ready != nullptr && ready->status != "True" && !ready->reason.starts_with("ReadinessGates") &&
           is_true(pod, "ContainersReady");
}

// "Readiness probe failed: HTTP probe failed with statuscode: 503"
std::string last_complaint(const Pod& pod, const View& view) {
    const auto* event = newest_event(view, pod, "Unhealthy");
    return event == nullptr ? std::string() : quoted(event->message);
}

}  // namespace

std::optional<Problem> node_problem(const Pod& pod, const View& view, const Graces& graces) {
    if (pod.node.empty() || pod.ready()) {
        return std::nullopt;
    }
    const bool evicted = newest_event(view, pod, "TaintManagerEviction") != nullptr;
    const bool silent = pod.phase == "Unknown" || is_marked_by_node_controller(pod);
    if (!silent && !(evicted && pod.terminating())) {
        return std::nullopt;
    }
    const auto* ready = pod.condition("Ready");
    const auto since = ready == nullptr ? std::nullopt : ready->last_transition;
    return Problem{.kind = "NodeLost",
                   .headline = "node " + quoted(pod.node) + " is not ready" +
                               (since ? " since " + model::utc_text(*since) : std::string()) + ", and pod " +
                               pod.meta.name + " is on it",
                   .hint = "bring the node back (kubectl describe node " + quoted(pod.node) +
                           "); when it is gone for good, delete it, and its pods move elsewhere",
                   .container = {},
                   .grace = graces.node_lost};
}

std::optional<Problem> readiness_problem(const Pod& pod, const View& view, const Graces& graces) {
    if (pod.ready() || pod.terminating()) {
        return std::nullopt;
    }
    const auto unready = std::ranges::find_if(pod.containers, [](const auto& container) {
        return !container.is_init && container.running && container.started && !container.ready;
    });
    if (unready == pod.containers.end()) {
        return std::nullopt;
    }
    const auto complaint = last_complaint(pod, view);
    return Problem{
        .kind = "NotReady",
        .headline = "pod " + pod.meta.name + ": container " + unready->name + " runs, but does not become ready" +
                    (complaint.empty() ? std::string() : ": " + complaint),
        .hint =
            "etcd is ready only while it reaches a leader: read its last log lines, and see whether the other "
            "members are there",
        .container = unready->name,
        .grace = graces.not_ready};
}

std::optional<Problem> wedged_problem(const Pod& pod, const View& view, const Graces& graces) {
    if (pod.ready() || pod.terminating()) {
        return std::nullopt;
    }
    return Problem{
        .kind = "Wedged",
        .headline = "pod " + pod.meta.name + " of the old revision is not ready (" + pod_phrase(pod, view) +
                    "), and Kubernetes waits for it instead of replacing it",
        .hint = "kubectl delete pod " + pod.meta.name +
                ": it comes back in the new revision (https://github.com/kubernetes/kubernetes/issues/67250)",
        .container = {},
        .grace = graces.not_ready};
}

}  // namespace rollout
