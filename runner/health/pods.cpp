// What Kubernetes tells of the pods: their ends, where they run, what may be taken from
// them, and how full their volumes are.
#include <algorithm>
#include <chrono>
#include <map>

#include "base/text.hpp"
#include "health/case.hpp"

namespace health {
namespace {

using model::MemberAnswers;

constexpr std::chrono::hours recent{1};
// The alert KubePersistentVolumeFillingUp (kubernetes-mixin) begins there.
constexpr std::uint64_t low_percent = 15;

void ends(Case& one, const MemberAnswers& member) {
    if (!member.state.last_end) {
        return;
    }
    const auto& end = *member.state.last_end;
    const auto times = std::to_string(member.state.restarts) + (member.state.restarts == 1 ? " time" : " times");
    if (end.reason == "OOMKilled") {
        one.warn("memory-kill", member.pod,
                 "was restarted " + times + ", the last time because it needed more memory than its limit" +
                     (member.state.memory_limit > 0 ? " of " + base::human_bytes(member.state.memory_limit) : ""),
                 "raise resources.limits.memory");
    } else if (end.finished && one.seen().now - *end.finished < recent) {
        one.warn("restarts", member.pod,
                 "was restarted " + times + ", the last time within the hour (exit code " +
                     std::to_string(end.exit_code) + (end.reason.empty() ? "" : ", " + end.reason) + ")",
                 "kubectl logs " + member.pod + " --previous tells how it ended");
    }
}

// Who runs where: place -> pods.
using Places = std::map<std::string, std::vector<std::string>>;

Places places(Case& one, std::string (*place_of)(const MemberAnswers&)) {
    Places all;
    for (const auto& member : one.members()) {
        if (const auto place = place_of(member); member.state.running && !place.empty()) {
            all[place].push_back(member.pod);
        }
    }
    return all;
}

void spread(Case& one) {
    const auto replicas = one.seen().replicas;
    if (replicas < 2) {
        return;
    }
    for (const auto& [node, pods] : places(one, [](const MemberAnswers& member) { return member.node; })) {
        if (pods.size() > std::max<std::size_t>(replicas - one.quorum(), 1)) {
            one.warn("node-spread", "",
                     std::to_string(pods.size()) + " of " + std::to_string(replicas) + " members run on node " + node +
                         ": without it there is no quorum",
                     "spread them: podAntiAffinityPreset hard, and as many nodes as members");
        }
    }
    const auto zones = places(one, [](const MemberAnswers& member) { return member.state.zone; });
    if (zones.size() == 1 && zones.begin()->second.size() == replicas) {
        one.warn("zone-spread", "", "all members run in zone " + zones.begin()->first,
                 "spread them by topologySpreadConstraints with topologyKey topology.kubernetes.io/zone");
    }
}

void budgets(Case& one) {
    const auto replicas = one.seen().replicas;
    if (!one.seen().budgets || replicas < 2) {
        return;
    }
    bool covered = false;
    for (const auto& budget : *one.seen().budgets) {
        if (budget.has_expressions) {
            covered = true;  // maybe
            continue;
        }
        if (!selects(budget, one.seen().pod_labels)) {
            continue;
        }
        covered = true;
        const auto expected = static_cast<std::size_t>(std::max(budget.expected_pods, 0));
        if (!budget.is_current || expected != replicas) {
            continue;  // its controller has not counted yet
        }
        auto& allowed = one.health().disruptions_allowed;
        allowed = std::min(allowed.value_or(budget.disruptions_allowed), budget.disruptions_allowed);
        if (budget.current_healthy >= budget.expected_pods && budget.disruptions_allowed == 0) {
            one.warn("disruption-budget", "",
                     "PodDisruptionBudget " + budget.name + " allows no pod to be evicted, though all are healthy",
                     "nodes cannot be drained so: let it allow one");
        }
        if (budget.desired_healthy < static_cast<std::int32_t>(one.quorum())) {
            one.warn("disruption-budget", "",
                     "PodDisruptionBudget " + budget.name + " lets so many pods be evicted that quorum is lost (" +
                         std::to_string(budget.desired_healthy) + " must stay, a majority is " +
                         std::to_string(one.quorum()) + ")",
                     "set pdb.minAvailable to a majority, or leave it out");
        }
    }
    if (!covered) {
        one.warn("disruption-budget", "", "no PodDisruptionBudget counts the members",
                 "set pdb.create: true, else draining two nodes at once takes the quorum");
    }
}

void volumes(Case& one) {
    for (const auto& member : one.members()) {
        const auto& volume = member.state.volume;
        if (volume && volume->capacity > 0 && volume->available < volume->capacity / 100 * low_percent) {
            one.warn("volume", member.pod,
                     "its volume " + volume->claim + " has only " + base::human_bytes(volume->available) + " of " +
                         base::human_bytes(volume->capacity) + " left",
                     "enlarge the volume, or see what else fills it: etcd stops when it cannot write");
        }
    }
}

}  // namespace

void judge_pods(Case& one) {
    for (const auto& member : one.members()) {
        ends(one, member);
    }
    spread(one);
    budgets(one);
    volumes(one);
}

}  // namespace health
