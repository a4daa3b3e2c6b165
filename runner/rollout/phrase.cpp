// How a pod's state is told to people.
#include <algorithm>
#include <ranges>

#include "base/text.hpp"
#include "rollout/problem.hpp"

namespace rollout {
namespace {

constexpr std::size_t phrase_limit = 200;
constexpr std::size_t evidence_events = 6;

std::string clean(std::string_view text, std::size_t limit = phrase_limit) {
    return base::shorten(base::replace_all(base::printable(base::trim(text)), "\n", " "), limit);
}

std::string container_phrase(const model::ContainerStatus& container) {
    if (!container.waiting_reason.empty()) {
        std::string text = clean(container.waiting_reason);
        if (container.waiting_reason == "CrashLoopBackOff" && container.last_terminated) {
            return text + " (restarts: " + std::to_string(container.restart_count) + ", last exit code " +
                   std::to_string(container.last_terminated->exit_code) + ")";
        }
        if (!container.waiting_message.empty()) {
            text += ": " + clean(container.waiting_message);
        }
        return text;
    }
    if (container.terminated) {
        return "ended with exit code " + std::to_string(container.terminated->exit_code) +
               (container.terminated->reason.empty() ? std::string()
                                                     : " (" + clean(container.terminated->reason) + ")");
    }
    return container.running ? "running" : "unknown";
}

// Which of its containers is spoken of, where that is not the only one that a pod has for its work.
std::string name_if_needed(const model::ContainerStatus& container, const model::Pod& pod) {
    const auto at_work = std::ranges::count_if(pod.containers, [](const auto& one) { return !one.is_init; });
    return container.is_init || at_work > 1 ? clean(container.title()) + ": " : std::string();
}

// Why a running container is not ready: the kubelet says it in an event only.
std::string probe_failure(const model::Pod& pod, const View& view) {
    const auto events = view.events_about(pod.meta.uid);
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
        if ((*event)->reason == "Unhealthy") {
            return clean((*event)->message);
        }
    }
    return {};
}

}  // namespace

std::string pod_phrase(const model::Pod& pod, const View& view) {
    if (pod.terminating()) {
        return "terminating";
    }
    if (pod.ready()) {
        return "ready";
    }
    if (node_problem(pod, view, {})) {
        return "its node " + clean(pod.node) + " is not ready";
    }
    if (const auto* scheduled = pod.condition("PodScheduled"); scheduled != nullptr && scheduled->status == "False") {
        return "waiting for a node: " + clean(scheduled->message);
    }
    if (pod.node.empty()) {
        return "waiting for a node";
    }
    for (const auto& container : pod.containers) {
        const bool finished_init = container.is_init && container.terminated && container.terminated->exit_code == 0;
        if (container.ready || finished_init) {
            continue;
        }
        const std::string which = name_if_needed(container, pod);
        if (!container.running) {
            const std::string phrase = container_phrase(container);
            const bool is_made = phrase == "PodInitializing" || phrase == "ContainerCreating";
            return is_made ? "creating its container" : which + phrase;
        }
        const std::string failure = probe_failure(pod, view);
        const std::string restarted =
            container.restart_count > 0 ? " (restarts: " + std::to_string(container.restart_count) + ")" : "";
        if (failure.empty()) {
            return which + (container.is_init ? "running" : "running, not ready yet") + restarted;
        }
        return which + "not ready" + restarted + ": " + failure;
    }
    if (pod.phase == "Failed" || pod.phase == "Succeeded") {
        return "ended (" + clean(pod.phase) + "), is made anew";
    }
    return pod.containers.empty() ? "on node " + pod.node : "not ready yet";
}

std::vector<std::string> pod_evidence(const model::Pod& pod, const View& view) {
    std::vector<std::string> lines;
    lines.push_back("pod " + pod.meta.name + ": phase " + clean(pod.phase) +
                    (pod.node.empty() ? ", on no node" : ", on node " + clean(pod.node)));
    for (const auto& container : pod.containers) {
        lines.push_back(clean(container.title()) + ": " + container_phrase(container) + ", restarts " +
                        std::to_string(container.restart_count));
        if (container.last_terminated) {
            lines.push_back("before that it ended with exit code " +
                            std::to_string(container.last_terminated->exit_code) + " " +
                            clean(container.last_terminated->reason));
        }
    }
    const auto events = view.events_about(pod.meta.uid);
    const std::size_t skip = events.size() > evidence_events ? events.size() - evidence_events : 0;
    for (const auto* event : events | std::views::drop(skip)) {
        lines.push_back("event " + clean(event->type) + " " + clean(event->reason) + ": " + clean(event->message, 400));
    }
    return lines;
}

}  // namespace rollout
