#include "rollout/ending.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/text.hpp"

namespace rollout {
namespace {

constexpr std::size_t message_limit = 400;

std::string quoted(std::string_view text) {
    return base::shorten(base::printable(base::trim(text)), message_limit);
}

// "exit code 143 (Completed)"
std::string code_of(const model::Termination& end) {
    const bool says_more = !end.reason.empty() && end.reason != "Error";
    return "exit code " + std::to_string(end.exit_code) + (says_more ? " (" + quoted(end.reason) + ")" : "");
}

// The kubelet's events about this container, oldest first; those of before Kubernetes told which container are
// about all.
std::vector<const model::Event*> events_of(const model::Pod& pod, const model::ContainerStatus& container,
                                           const View& view) {
    auto events = view.events_about(pod.meta.uid);
    std::erase_if(events,
                  [&](const auto* event) { return !event->container.empty() && event->container != container.name; });
    return events;
}

// Whether this was said of the run of the container that ended so. Both times are the kubelet's, in full seconds.
bool is_of(const model::Event& event, const model::Termination& end) {
    const bool is_timed = event.seen && end.started && end.finished;
    return !is_timed || (*event.seen >= *end.started && *event.seen <= *end.finished + std::chrono::seconds(1));
}

// Whoever is stopped ends well, or by a signal.
bool may_be_stopped(const model::Termination& end) {
    return end.exit_code == 0 || end.by_signal();
}

// Why the kubelet has stopped it: its word since the container was started. (Whoever runs again may have been started
// since; then only the times tell.)
const model::Event* why_stopped(const std::vector<const model::Event*>& events, const model::Termination& end) {
    const model::Event* reason = nullptr;
    for (const auto* event : events) {
        // The hook of a container that has ended by itself fails, too.
        const bool hook_failed = event->reason == "FailedPostStartHook" && may_be_stopped(end);
        const bool probe_failed = event->reason == "Killing" && event->message.contains(" probe");
        if ((hook_failed || probe_failed) && is_of(*event, end)) {
            reason = event;
        } else if (event->reason == "Started" && !end.started) {
            reason = nullptr;
        }
    }
    return reason;
}

// What this probe has complained of last, as ": HTTP probe failed with statuscode: 404" of "Startup probe failed: HTTP
// probe failed with statuscode: 404"; nothing when it has not. Of the run that ended so, when one is given.
std::optional<std::string> complaint_of(std::string_view probe, const std::vector<const model::Event*>& events,
                                        const model::Termination* end) {
    std::optional<std::string> complaint;
    for (const auto* event : events) {
        std::string_view message = event->message;
        constexpr std::string_view combined = "(combined from similar events): ";
        message.remove_prefix(message.starts_with(combined) ? combined.size() : 0);
        if (event->reason == "Unhealthy" && message.starts_with(probe) && (end == nullptr || is_of(*event, *end))) {
            const auto colon = message.find(": ");
            complaint = colon == std::string_view::npos ? std::string() : ": " + quoted(message.substr(colon + 2));
        }
    }
    return complaint;
}

struct Probe {
    std::string_view in_killing;    // "Container etcd failed startup probe, will be restarted"
    std::string_view in_unhealthy;  // "Startup probe failed: …"
    std::string_view name;
    std::string_view hint;
};
constexpr std::array probes{
    Probe{.in_killing = "startup probe",
          .in_unhealthy = "Startup probe",
          .name = "startup",
          .hint = "see that the probe asks the right port and path; if the container only needs longer, raise "
                  "startupProbe.failureThreshold in the values file"},
    Probe{.in_killing = "liveness probe",
          .in_unhealthy = "Liveness probe",
          .name = "liveness",
          .hint = "see that the probe asks the right port and path; if the container is only slow, killing it heals "
                  "nothing: raise livenessProbe.timeoutSeconds and failureThreshold in the values file"}};

Ending killed(EndedBy killer, const std::string& reason, const std::string& reason_now, std::string hint) {
    return {.by = killer,
            .once = "was killed " + reason,
            .again = "keeps being killed " + reason_now,
            .hint = std::move(hint)};
}

std::optional<Ending> stopped_by_kubelet(const std::vector<const model::Event*>& events,
                                         const model::Termination& end) {
    const auto* stopped = why_stopped(events, end);
    if (stopped == nullptr) {
        return std::nullopt;
    }
    if (stopped->reason == "FailedPostStartHook") {
        return killed(EndedBy::kubelet, "since its postStart hook failed", "since its postStart hook fails",
                      "correct the container's lifecycle.postStart in the chart");
    }
    for (const auto& probe : probes) {
        if (stopped->message.contains(probe.in_killing)) {
            const auto complaint = complaint_of(probe.in_unhealthy, events, nullptr).value_or("");
            const auto its_probe = "since its " + std::string(probe.name) + " probe ";
            auto ending = killed(EndedBy::kubelet, its_probe + "failed" + complaint, its_probe + "fails" + complaint,
                                 std::string(probe.hint));
            ending.has_answered = complaint.contains("statuscode");
            return ending;
        }
    }
    return std::nullopt;
}

// The kubelet tells not more than some 25 events of a pod and then one in five minutes, so that its word of the kill
// may be missing; a probe that failed in that run is the likely reason.
// https://pkg.go.dev/k8s.io/client-go/tools/record#EventCorrelator
void tell_failing_probe(const std::vector<const model::Event*>& events, const model::Termination& end, Ending& ending) {
    for (const auto& probe : probes) {
        if (const auto complaint = complaint_of(probe.in_unhealthy, events, &end)) {
            const auto its_probe = ", while its " + std::string(probe.name) + " probe ";
            ending.once += its_probe + "failed" + *complaint;
            ending.again += its_probe + "fails" + *complaint;
            ending.hint = probe.hint;
            return;
        }
    }
}

}  // namespace

Ending ending_of(const model::Pod& pod, const model::ContainerStatus& container, const model::Termination& end,
                 const View& view) {
    if (end.ran_out_of_memory()) {
        const auto limit =
            container.memory_limit.empty() ? std::string() : ", its limit is " + quoted(container.memory_limit);
        const auto reason = "for want of memory (OOMKilled)" + limit;
        return killed(EndedBy::memory, reason, reason, "raise resources.limits.memory in the values file");
    }
    if (end.reason == "StartError" || end.reason == "ContainerCannotRun") {
        // It has no log: nothing ever ran.
        const auto text = "cannot run: " + quoted(end.message);
        return {.by = EndedBy::start,
                .once = text,
                .again = text,
                .hint = "check the image's command and the pod's security context"};
    }
    const auto events = events_of(pod, container, view);
    if (auto stopped = stopped_by_kubelet(events, end)) {
        return std::move(*stopped);
    }
    Ending ending{.once = "ended with " + code_of(end),
                  .again = "keeps crashing, last with " + code_of(end),
                  .hint = "read its last log lines: they name the reason",
                  .log_tells = !may_be_stopped(end)};
    if (!ending.log_tells) {
        tell_failing_probe(events, end, ending);
    }
    return ending;
}

std::map<std::string, std::int32_t> ends_so_far(const model::Pod& pod) {
    std::map<std::string, std::int32_t> ends;
    for (const auto& container : pod.containers) {
        const bool has_done_its_work =
            container.is_init && container.terminated && container.terminated->exit_code == 0;
        // Whatever it waits for before it runs again: a pause, an image, a Secret.
        const bool is_down = container.terminated || container.waiting_reason == "CrashLoopBackOff" ||
                             (!container.waiting_reason.empty() && container.last_terminated);
        ends[container.name] = container.restart_count + (is_down && !has_done_its_work ? 1 : 0);
    }
    return ends;
}

}  // namespace rollout
