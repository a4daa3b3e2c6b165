// How etcd is now: whether a change can be spared.
#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.hpp"
#include "plan/case.hpp"
#include "plan/rule.hpp"
#include "rollout/quorum_guard.hpp"
#include "rollout/revision.hpp"

namespace plan {
namespace {

bool serves(const model::MemberAnswers& member) {
    return member.status && member.linearizable_read;
}

const model::MemberAnswers* answers_of(const Case& it, const std::string& pod) {
    const auto found = std::ranges::find(it.facts.members, pod, &model::MemberAnswers::pod);
    return found == it.facts.members.end() ? nullptr : &*found;
}

// Members that count for quorum: those of etcd's own list, or as many as the set asks for.
std::vector<rollout::Voter> voters_of(const Case& it) {
    std::vector<rollout::Voter> voters;
    const auto& set = *it.facts.set;
    for (std::int32_t i = 0; i < set.replicas; ++i) {
        const auto name = set.meta.name + "-" + std::to_string(set.first_ordinal + i);
        const auto pod = std::ranges::find(it.facts.pods, name, [](const auto& one) { return one.meta.name; });
        const auto* answers = answers_of(it, name);
        const bool is_there = pod != it.facts.pods.end();
        const bool is_ready = is_there && pod->ready() && !pod->terminating();
        const bool is_well = is_there && answers != nullptr && serves(*answers);
        voters.push_back({.name = name,
                          .is_well = is_well,
                          .is_ready = is_ready,
                          .runs = is_there && rollout::runs(*pod),
                          .trouble = is_well     ? ""
                                     : !is_there ? "there is no such pod"
                                                 : "it does not serve"});
    }
    return voters;
}

// A pod that is not there, goes, or has only begun may be well in a moment: the run waits for it, and its own guard
// decides before each step. Only one that has been ill for longer than that takes speaks against the run.
bool may_be_well_soon(const Case& it, const std::string& name) {
    const auto pod = std::ranges::find(it.facts.pods, name, [](const auto& one) { return one.meta.name; });
    return it.facts.was_cut_off || pod == it.facts.pods.end() || pod->terminating() ||
           (pod->meta.created && it.facts.now - *pod->meta.created < it.facts.request.graces.not_ready);
}

// Those that are ill and that the change does not replace stay ill; the first that is well and goes down then costs
// a quorum, or may.
std::vector<Found> quorum_at_risk(const Case& it) {
    if (!it.facts.set || it.facts.members.empty() || !it.forecast || it.forecast->restarts.empty() ||
        it.facts.set->replicas <= 2) {
        return {};
    }
    auto voters = voters_of(it);
    for (auto& voter : voters) {
        const auto& restarts = it.forecast->restarts;
        // Kubernetes takes them by their numbers, whoever is ill.
        const bool is_replaced = it.forecast->is_orchestrated
                                     ? std::ranges::find(restarts, voter.name, &model::Restart::pod) != restarts.end()
                                     : restarts.front().pod == voter.name;
        if (!voter.is_well && (is_replaced || may_be_well_soon(it, voter.name))) {
            voter.is_well = true;  // replaced first, and waited for: the change may be what heals it
            voter.trouble.clear();
        }
    }
    for (const auto& restart : it.forecast->restarts) {
        const auto permission = rollout::may_be_taken_down(voters, restart.pod, rollout::QuorumRisk::avoided);
        if (!permission.is_given) {
            return {{.message = "members would be replaced, and another is not well: " + permission.reason,
                     .why = "with one more down etcd may lose its quorum",
                     .hint = permission.hint,
                     .value = {}}};
        }
    }
    return {};
}

bool changes_quota(const Case& it) {
    const auto speaks_of_it = [](const std::string& text) { return base::lower(text).contains("quota"); };
    return it.set != nullptr && std::ranges::any_of(it.set->change.fields, [&](const model::FieldChange& field) {
               return speaks_of_it(field.path) || speaks_of_it(field.before.value_or("")) ||
                      speaks_of_it(field.after.value_or(""));
           });
}

// A larger quota is what heals NOSPACE, what restarts nobody makes nothing worse, and what a run before has
// begun is better finished.
std::vector<Found> alarms(const Case& it) {
    std::vector<Found> found;
    if (!it.forecast || it.forecast->restarts.empty()) {
        return found;
    }
    for (const auto& member : it.facts.members) {
        for (const auto& alarm : member.alarms.value_or(std::vector<model::Alarm>())) {
            const bool space = alarm.type == "NOSPACE";
            if (space && (changes_quota(it) || it.forecast->causes.empty() || it.facts.was_cut_off)) {
                continue;
            }
            found.push_back(
                {.message =
                     "etcd has raised the alarm " + alarm.type + " (member " + model::hex_id(alarm.member_id) + ")",
                 .why = space ? "it takes no writes; a member that is replaced meanwhile heals nothing"
                              : "a member's data are not those of the others; replacing members may spread the loss",
                 .hint = space ? "compact, defragment and disarm first (etcd-deploy diagnose tells the commands)"
                               : "find the member that differs first (etcd-deploy diagnose)",
                 .value = {}});
        }
    }
    std::ranges::sort(found, {}, &Found::message);
    const auto repeated = std::ranges::unique(found, {}, &Found::message);
    found.erase(repeated.begin(), repeated.end());
    return found;
}

bool is_stuck(const model::Pod& pod) {
    return std::ranges::any_of(pod.containers, [](const model::ContainerStatus& container) {
        const auto& reason = container.waiting_reason;
        return !reason.empty() && reason != "ContainerCreating" && reason != "PodInitializing";
    });
}

// By others: what a run of ours has left half done is gone on with, and what does not get on at all may be what the
// change is to heal.
std::vector<Found> rollout_under_way(const Case& it) {
    const auto& set = it.facts.set;
    if (!set || set->on_delete || it.facts.was_cut_off) {
        return {};
    }
    std::vector<std::string> moving;
    bool some_outdated = false;
    for (const auto& pod : it.facts.pods) {
        const bool is_outdated = rollout::is_outdated(pod, *set);
        some_outdated = some_outdated || is_outdated;
        const bool is_young = pod.meta.created && it.facts.now - *pod.meta.created < std::chrono::minutes(1);
        const bool is_going = pod.terminating() && it.facts.now < *pod.meta.deleted + std::chrono::seconds(30);
        if (is_going || (!is_outdated && !pod.ready() && is_young && !is_stuck(pod))) {
            moving.push_back(pod.meta.name);
        }
    }
    if (!some_outdated || moving.empty()) {
        return {};
    }
    return {{.message = "Kubernetes is replacing members of StatefulSet " + set->meta.name + " right now (" +
                        base::join(moving, ", ") + ")",
             .why = "a second change on top of it replaces members again, while some are on their way",
             .hint = "wait until it is through (kubectl rollout status statefulset/" + set->meta.name +
                     "), and run this again",
             .value = {}}};
}

std::vector<Found> back_to_native(const Case& it) {
    const auto& set = it.facts.set;
    if (!set || !set->on_delete || it.facts.is_orchestrated || it.set == nullptr) {
        return {};
    }
    std::vector<std::string> outdated;
    for (const auto& pod : it.facts.pods) {
        if (rollout::is_outdated(pod, *set)) {
            outdated.push_back(pod.meta.name);
        }
    }
    if (outdated.empty()) {
        return {};
    }
    return {{.message = "StatefulSet " + set->meta.name + " is OnDelete, and " + base::join(outdated, ", ") +
                        (outdated.size() == 1 ? " is" : " are") + " outdated",
             .why = "with a native rolling Kubernetes would replace them at once, whatever the others' health",
             .hint = "finish that rolling first: run once without updateStrategy in the values and with rollout: "
                     "orchestrated; then with the native one",
             .value = "updateStrategy"}};
}

std::vector<Found> pending_and_locked(const Case& it) {
    const auto& facts = it.facts;
    const bool is_pending = facts.release && facts.release->status.starts_with("pending");
    if (!is_pending) {
        return {};
    }
    if (facts.lock_holder.empty()) {
        return {{.message = "revision " + std::to_string(facts.release->revision) + " of the release is " +
                            facts.release->status + ", and no run of ours is at work on it",
                 .why = "helm renders nothing for a release that is pending",
                 .hint = "when nobody's helm is at work on it, run install: it takes over what was cut off",
                 .value = {}}};
    }
    return {{.message = "another run is at work on the release: " + facts.lock_holder,
             .why = "revision " + std::to_string(facts.release->revision) + " is " + facts.release->status +
                    "; what is planned now would not be what is found then",
             .hint = "wait until that run has ended",
             .value = {}}};
}

std::vector<Found> locked(const Case& it) {
    if (it.facts.lock_holder.empty() || !pending_and_locked(it).empty()) {
        return {};
    }
    return {{.message = "another run holds the lock of the release: " + it.facts.lock_holder,
             .why = "it may change what this plan was made from",
             .hint = "plan again when it has ended",
             .value = {}}};
}

constexpr std::array rules{
    Rule{"quorum-at-risk", blocks, "members would be replaced while another one is not well", quorum_at_risk},
    Rule{"alarm", blocks, "etcd has raised an alarm, and members would be replaced that are not given a larger quota",
         alarms},
    Rule{"rollout-under-way", blocks, "Kubernetes is replacing members already, for somebody else", rollout_under_way},
    Rule{"native-while-outdated", blocks, "members are outdated, and a native rolling would replace them all at once",
         back_to_native},
    Rule{"release-pending", blocks, "helm is at work on the release, or was cut off", pending_and_locked},
    Rule{"locked", warns, "another run holds the lock of the release", locked},
};

}  // namespace

std::span<const Rule> live_rules() {
    return rules;
}

}  // namespace plan
