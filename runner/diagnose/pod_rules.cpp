#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "diagnose/commands.hpp"
#include "diagnose/log_rules.hpp"
#include "diagnose/rules.hpp"
#include "rollout/ending.hpp"
#include "rollout/problem.hpp"

namespace diagnose {
namespace {

using base::shell_word;
using model::Certainty;
using model::Pod;

// rollout's kind of problem -> the name of our rule.
struct RuleName {
    std::string_view kind;
    std::string_view rule;
};
constexpr std::array rule_names{RuleName{"ImageNotFound", "image-not-found"},
                                RuleName{"ImagePull", "image-pull"},
                                RuleName{"InvalidImageName", "invalid-image-name"},
                                RuleName{"ErrImageNeverPull", "image-never-pulled"},
                                RuleName{"CreateContainerConfigError", "container-config"},
                                RuleName{"CreateContainerError", "container-start"},
                                RuleName{"RunContainerError", "container-start"},
                                RuleName{"ContainerCannotRun", "container-cannot-run"},
                                RuleName{"Unschedulable", "unschedulable"},
                                RuleName{"UnboundClaim", "unschedulable"},
                                RuleName{"SchedulingGated", "unschedulable"},
                                RuleName{"NoScheduler", "unschedulable"},
                                RuleName{"StuckTerminating", "stuck-terminating"},
                                RuleName{"FailedCreatePodSandBox", "pod-sandbox"}};

std::string rule_of(const std::string& kind) {
    const auto found = std::ranges::find(rule_names, std::string_view(kind), &RuleName::kind);
    return found == rule_names.end() ? "volume-mount" : std::string(found->rule);
}

bool is_on_no_node(const rollout::Problem& problem) {
    return problem.kind == "Unschedulable" || problem.kind == "UnboundClaim";
}

// Problems that have a grace may pass by themselves while they are young.
Certainty certainty_of(const rollout::Problem& problem, const Pod& pod, model::Timestamp now) {
    const auto since = pod.meta.deleted ? pod.meta.deleted : pod.meta.created;
    const bool is_young = since && now - *since < problem.grace;
    return problem.grace.count() > 0 && is_young ? Certainty::likely : Certainty::certain;
}

std::vector<std::string> commands_for(const Facts& facts, const Pod& pod, const rollout::Problem& problem) {
    const auto name = shell_word(pod.meta.name);
    const auto& text = problem.headline;
    if (problem.kind == "StuckTerminating") {
        return {"kubectl get nodes", kubectl(facts, "get pod " + name + " -o jsonpath='{.metadata.finalizers}'"),
                kubectl(facts, "delete pod " + name + " --force --grace-period=0")};
    }
    auto commands = roll_back(facts, pod.meta.name);
    if (is_on_no_node(problem)) {
        if (text.contains("anti-affinity")) {
            commands.push_back(deploy_again(facts, {"podAntiAffinityPreset=soft"}));
        } else if (text.contains("Insufficient")) {
            commands.emplace_back("kubectl describe nodes");
        } else if (text.contains("taint")) {
            commands.emplace_back("kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints");
        } else {
            commands.emplace_back("kubectl get nodes --show-labels");
        }
        commands.push_back(deploy_again(facts));
        return commands;
    }
    if (problem.kind.starts_with("Image") || problem.kind == "InvalidImageName") {
        commands.push_back(deploy_again(facts));
        commands.push_back(kubectl(facts, "describe pod " + name));
        return commands;
    }
    commands.push_back(kubectl(facts, "describe pod " + name));
    commands.push_back(deploy_again(facts));
    return commands;
}

void add_problem(const Facts& facts, const Pod& pod, const rollout::Problem& problem, Causes& causes) {
    Found found{
        .rule = rule_of(problem.kind),
        .certainty = certainty_of(problem, pod, facts.now),
        .depth = Depth::pod,
        .headline = base::replace_all(problem.headline, "pod " + pod.meta.name + ":", std::string(pods_here) + ":"),
        .pods = {pod.meta.name},
        .advice = problem.hint,
        .commands = commands_for(facts, pod, problem),
        .evidence = rollout::pod_evidence(pod, facts.view)};
    // For one pod and for several in the same words.
    if (is_on_no_node(problem)) {
        const auto colon = std::min(problem.headline.find(": "), problem.headline.size());
        // What the scheduler says of preemption helps nobody.
        const auto end = std::min(problem.headline.find(" preemption: "), problem.headline.size());
        found.headline = "no node takes {pods}" + problem.headline.substr(colon, end - colon);
    } else if (problem.kind == "StuckTerminating") {
        found.headline = "{pods}: being deleted, but not gone" + (pod.node.empty() ? "" : ", on node " + pod.node);
        if (found.certainty == Certainty::likely) {
            found.certainty = Certainty::possible;  // within its grace that is how pods end
        }
    }
    causes.add(std::move(found));
}

const model::Event* newest_event(const Facts& facts, const Pod& pod, std::string_view reason) {
    const auto events = facts.view.events_about(pod.meta.uid);
    const auto found = std::ranges::find(events.rbegin(), events.rend(), reason,
                                         [](const auto* event) { return std::string_view(event->reason); });
    return found == events.rend() ? nullptr : *found;
}

// The node controller marks the pods of a node that is silent.
bool judge_node(const Facts& facts, const Pod& pod, Causes& causes) {
    const auto* event = newest_event(facts, pod, "NodeNotReady");
    if (event == nullptr || pod.ready() || pod.node.empty()) {
        return false;
    }
    causes.add(
        {.rule = "node-not-ready",
         .certainty = Certainty::certain,
         .depth = Depth::place,
         .headline = "node " + quoted(pod.node) + " does not answer, and {pods} with it",
         .pods = {pod.meta.name},
         .advice = "bring the node back; when it is gone for good, delete it, and its pods move elsewhere",
         .commands = {"kubectl describe node " + shell_word(pod.node), "kubectl delete node " + shell_word(pod.node)},
         .evidence = {"event NodeNotReady: " + quoted(event->message)}});
    return true;
}

// The kubelet stops it, since a probe or a hook of its lifecycle fails: how it ends then says nothing. But why its
// probe failed may stand in the log of one that has never answered.
bool judge_killed(const Facts& facts, const Pod& pod, const model::ContainerStatus& container, Causes& causes) {
    const auto& end = container.last_end();
    const bool is_over = container.running && (!end || !end->finished || facts.now - *end->finished > recent);
    if (!end || is_over) {
        return false;
    }
    const auto ending = rollout::ending_of(pod, container, *end, facts.view);
    if (ending.by != rollout::EndedBy::kubelet) {
        return false;
    }
    const auto lines = log_lines(log_of(facts, pod.meta.name, container.name));
    if (!ending.has_answered && reason_to_end(facts, pod.meta.name, lines)) {
        return false;
    }
    // Of one that is ready the next time may be near.
    const bool again = container.restart_count > 1;
    const auto certainty = !pod.ready() ? Certainty::certain : again ? Certainty::likely : Certainty::possible;
    auto commands = roll_back(facts, pod.meta.name);
    commands.push_back(kubectl(facts, "describe pod " + shell_word(pod.meta.name)));
    commands.push_back(logs_of(facts, pod.meta.name, container.name));
    causes.add({.rule = "probe-kills",
                .certainty = certainty,
                .depth = pod.ready() ? Depth::remark : Depth::crash,
                .headline = std::string(pods_here) + ": container " + quoted(container.name) + " " +
                            (again ? ending.again : ending.once),
                .pods = {pod.meta.name},
                .advice = ending.hint,
                .commands = std::move(commands),
                .evidence = rollout::pod_evidence(pod, facts.view)});
    return true;
}

bool has_ended_badly(const model::ContainerStatus& container) {
    const auto bad = [](const std::optional<model::Termination>& end) { return end && end->exit_code != 0; };
    return bad(container.terminated) || (container.restart_count > 0 && bad(container.last_terminated));
}

// A container that runs, and whose probe is not content.
void judge_unready(const Facts& facts, const Pod& pod, Causes& causes) {
    const auto* event = newest_event(facts, pod, "Unhealthy");
    const bool is_young = pod.meta.created && facts.now - *pod.meta.created < std::chrono::seconds(30);
    const auto lines = log_lines(log_of(facts, pod.meta.name, facts.container));
    auto reasons = complaints(facts, pod.meta.name, lines, facts.now - recent);
    for (auto& reason : reasons) {
        if (reason.rule != "slow-disk" && reason.rule != "clock-skew") {
            reason.certainty = Certainty::likely;
            reason.depth = Depth::crash;
            causes.add(std::move(reason));
            return;
        }
    }
    std::vector<std::string> evidence = rollout::pod_evidence(pod, facts.view);
    for (const auto& line : lines) {
        if (line.level == "error" || line.level == "fatal" || line.level == "panic") {
            evidence.push_back("log of " + pod.meta.name + ": " + line.shown);
        }
    }
    causes.add({.rule = is_young ? "starting" : "not-ready",
                .certainty = is_young ? Certainty::possible : Certainty::likely,
                .depth = is_young ? Depth::remark : Depth::etcd,
                .headline = is_young ? "{pods}: just started, and not ready yet"
                            : event == nullptr
                                ? std::string("{pods}: running, but not ready")
                                : "{pods}: running, but its readiness probe fails: " + quoted(event->message, 160),
                .pods = {pod.meta.name},
                .advice = is_young ? "look again in a moment"
                                   : "etcd answers its probe only while it reaches a leader: see the log",
                .commands = {kubectl(
                    facts, "logs " + shell_word(pod.meta.name) + " -c " + shell_word(facts.container) + " --tail=100")},
                .evidence = std::move(evidence)});
}

void judge_member(const Facts& facts, const Pod& pod, Causes& causes) {
    // A pod that cannot start for want of its volume is the claim's matter.
    if (causes.blames(pod.meta.name)) {
        causes.follows(pod.meta.name, "pod " + pod.meta.name + ": " + rollout::pod_phrase(pod, facts.view));
        return;
    }
    if (judge_node(facts, pod, causes)) {
        return;
    }
    const auto problem = rollout::pod_problem(pod, facts.view, {}, {.crash_restarts = 1});
    if (problem && problem->kind != "CrashLoop") {
        add_problem(facts, pod, *problem, causes);
        return;
    }
    for (const auto& container : pod.containers) {
        if (judge_killed(facts, pod, container, causes)) {
            return;
        }
        if (has_ended_badly(container)) {
            judge_crash(facts, pod, container, causes);
            return;
        }
    }
    const bool runs = std::ranges::any_of(pod.containers, &model::ContainerStatus::running);
    if (!pod.ready() && runs) {
        judge_unready(facts, pod, causes);
    }
}

bool belongs_to(const Pod& pod, const model::Job& job) {
    return std::ranges::any_of(pod.meta.owners, [&](const auto& owner) { return owner.uid == job.meta.uid; });
}

}  // namespace

std::string log_of(const Facts& facts, const std::string& pod, const std::string& container) {
    std::string text;
    for (const bool previous : {true, false}) {
        for (const auto& log : facts.logs) {
            if (log.pod == pod && log.container == container && log.previous == previous) {
                text += log.text + "\n";
            }
        }
    }
    return text;
}

void judge_pods(const Facts& facts, Causes& causes) {
    for (const auto& [name, job] : facts.view.jobs()) {
        if (!job.is_hook() || job.is_complete()) {
            continue;
        }
        for (const auto& [pod_name, pod] : facts.view.pods()) {
            if (belongs_to(pod, job) && pod.phase != "Succeeded") {
                judge_member(facts, pod, causes);
                causes.follows(pod_name, "hook Job " + name + " does not end, and helm waits for it");
            }
        }
    }
    for (const auto* pod : facts.hooks_that_are_pods()) {
        // Without the release's label it may be another's; one that has failed is over, and its helm with it.
        if (pod->phase != "Failed" || pod->meta.labels.contains("app.kubernetes.io/instance")) {
            judge_member(facts, *pod, causes);
            causes.follows(pod->meta.name, "hook pod " + pod->meta.name + " does not end, and helm waits for it");
        }
    }
    for (const auto* pod : facts.members()) {
        judge_member(facts, *pod, causes);
    }
}

}  // namespace diagnose
