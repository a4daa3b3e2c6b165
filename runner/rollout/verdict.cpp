#include "rollout/verdict.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "rollout/ending.hpp"
#include "rollout/revision.hpp"

namespace rollout {
namespace {

using model::Pod;
using model::StatefulSet;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr const char* not_created = "not created yet";

// Longer without sight, and whoever reports states may have been cut off as we were: what lasts is
// counted anew. A watch that only breaks and comes back, as behind a proxy, again and again, stops the
// clocks for as long as it takes: its longest pause is five seconds.
constexpr std::chrono::seconds blink{10};

struct Counts {
    int present = 0;
    int ready = 0;
    int outdated = 0;
    int terminating = 0;
    int superfluous = 0;
};

Counts count(const std::vector<const Pod*>& pods, const StatefulSet& set) {
    Counts counts;
    for (const auto* pod : pods) {
        counts.superfluous += is_in_range(*pod, set) ? 0 : 1;
        counts.terminating += pod->terminating() ? 1 : 0;
        if (!is_in_range(*pod, set)) {
            continue;
        }
        counts.present += 1;
        counts.ready += pod->ready() && !pod->terminating() ? 1 : 0;
        counts.outdated += is_outdated(*pod, set) ? 1 : 0;
    }
    return counts;
}

std::string summarise(const Counts& counts, const StatefulSet& set) {
    std::string text = std::to_string(counts.ready) + " of " + std::to_string(set.replicas) + " pods ready";
    if (counts.outdated > 0) {
        text += ", " + std::to_string(counts.outdated) + " outdated";
    }
    if (counts.terminating > 0) {
        text += ", " + std::to_string(counts.terminating) + " terminating";
    }
    if (counts.superfluous > 0) {
        text += ", " + std::to_string(counts.superfluous) + " too many";
    }
    return text;
}

std::vector<PodLine> pod_lines(const std::vector<const Pod*>& pods, const StatefulSet& set, const View& view) {
    std::vector<PodLine> lines;
    for (const auto* pod : pods) {
        std::string phrase = pod_phrase(*pod, view);
        if (!pod->terminating() && is_in_range(*pod, set) && is_outdated(*pod, set)) {
            phrase += " (outdated)";
        }
        lines.push_back({pod->meta.name, std::move(phrase)});
    }
    for (int index = 0; index < set.replicas; ++index) {
        const std::string name = set.meta.name + "-" + std::to_string(index + set.first_ordinal);
        if (std::ranges::none_of(pods, [&](const auto* pod) { return pod->meta.name == name; })) {
            lines.push_back({name, not_created});
        }
    }
    return lines;
}

State state_without_problems(const Counts& counts, const StatefulSet& set) {
    if (set.status.replicas != set.replicas || counts.present != set.replicas || counts.superfluous > 0) {
        return State::scaling;
    }
    if (counts.outdated > 0) {
        return set.on_delete ? State::waiting_for_operator : State::rolling;
    }
    if (counts.terminating > 0) {
        return State::rolling;
    }
    if (counts.ready < set.replicas || set.status.available_replicas != set.replicas) {
        return State::settling;
    }
    // OnDelete and partitions never promoted currentRevision before kubernetes PR#136833.
    const bool promotes = !set.on_delete && set.partition == 0;
    if (promotes && set.status.current_revision != set.status.update_revision) {
        return State::settling;
    }
    return State::done;
}

void keep_earliest(std::optional<TimePoint>& moment, TimePoint candidate) {
    if (!moment || candidate < *moment) {
        moment = candidate;
    }
}

model::Cause to_cause(const Problem& problem) {
    return {.headline = problem.headline,
            .hint = problem.hint,
            .pod = {},
            .container = problem.container,
            .evidence = {},
            .log = {},
            .log_tells = problem.log_tells,
            .not_started_since = problem.not_started_since};
}

model::Cause pod_cause(const Problem& problem, const Pod& pod, const View& view) {
    auto cause = to_cause(problem);
    cause.pod = pod.meta.name;
    cause.evidence = pod_evidence(pod, view);
    return cause;
}

std::vector<std::string> events_as_evidence(const std::string& uid, const View& view) {
    std::vector<std::string> lines;
    for (const auto* event : view.events_about(uid)) {
        lines.push_back("event " + base::printable(event->type) + " " + base::printable(event->reason) + ": " +
                        base::shorten(base::printable(event->message), 400));
    }
    if (lines.size() > 6) {
        lines.erase(lines.begin(), lines.end() - 6);
    }
    return lines;
}

// The claims that the pods of this set use: TEMPLATE-SET-ORDINAL.
std::vector<const model::PersistentVolumeClaim*> claims_of(const StatefulSet& set, const View& view) {
    std::vector<const model::PersistentVolumeClaim*> claims;
    for (const auto& claim_template : set.claim_templates) {
        for (int index = 0; index < set.replicas; ++index) {
            const auto found = view.claims().find(claim_template + "-" + set.meta.name + "-" +
                                                  std::to_string(index + set.first_ordinal));
            if (found != view.claims().end()) {
                claims.push_back(&found->second);
            }
        }
    }
    return claims;
}

}  // namespace

void Judge::mind_sight(const View& view, TimePoint now) {
    if (view.is_stale()) {
        blind_since_ = blind_since_.value_or(now);
        return;
    }
    if (!blind_since_) {
        return;
    }
    const auto blind_for = now - *blind_since_;
    blind_since_.reset();
    if (blind_for > blink) {
        lasting_.clear();
        crashing_since_.clear();
        return;
    }
    for (auto& [object, lasting] : lasting_) {
        lasting.since += blind_for;
    }
    for (auto& [pod, since] : crashing_since_) {
        since += blind_for;
    }
}

bool Judge::outlived(const std::string& object, const std::optional<Problem>& problem, TimePoint now,
                     std::optional<TimePoint>& judge_again) {
    if (blind_since_) {
        return false;
    }
    if (!problem) {
        lasting_.erase(object);
        return false;
    }
    auto& lasting = lasting_[object];
    if (lasting.kind != problem->kind) {
        lasting = {problem->kind, now};
    }
    const bool is_crash_loop = problem->kind == "CrashLoop";
    const TimePoint since = is_crash_loop ? crashing_since_.try_emplace(object, now).first->second : lasting.since;
    const TimePoint end = since + problem->grace;
    if (now >= end) {
        return true;
    }
    keep_earliest(judge_again, end);
    return false;
}

// A pod of the old revision that is sick is what the change may heal: it counts only when
// the change cannot get to it.
std::optional<Problem> Judge::member_problem(const Pod& pod, const StatefulSet& set, const View& view) const {
    if (auto problem = node_problem(pod, view, graces_)) {
        return problem;
    }
    if (!pod.terminating() && is_outdated(pod, set)) {
        const bool blocks = set.ordered_ready && !set.on_delete && is_in_range(pod, set);
        return blocks ? wedged_problem(pod, view, graces_) : std::nullopt;
    }
    if (to_be_replaced_.contains(pod.meta.uid) && backs_off(pod)) {
        return std::nullopt;  // what is old says nothing of now
    }
    if (auto problem = pod_problem(pod, view, baseline_, graces_)) {
        return problem;
    }
    return readiness_problem(pod, view, graces_);
}

void Judge::judge_problems(const View& view, const StatefulSet& set, const std::vector<const Pod*>& pods, TimePoint now,
                           Verdict& verdict) {
    // Members wait for each other: one that runs and is not ready is the cause only when
    // nothing is wrong with the others.
    std::optional<model::Cause> consequence;
    std::optional<model::Cause> unbound;  // counts only when no claim says more
    bool has_reason = false;
    for (const auto* pod : pods) {
        const auto problem = member_problem(*pod, set, view);
        const bool is_consequence = problem && (problem->kind == "NotReady" || problem->kind == "Wedged");
        const bool waits_for_claim = problem && problem->kind == "UnboundClaim";
        has_reason = has_reason || (problem && !is_consequence);
        if (outlived(pod->meta.uid, problem, now, verdict.judge_again)) {
            auto& place = is_consequence ? consequence : waits_for_claim ? unbound : verdict.cause;
            place = place ? place : pod_cause(*problem, *pod, view);
        }
    }
    // A claim's trouble is the reason for its pod's: it wins.
    for (const auto* claim : claims_of(set, view)) {
        const auto problem = claim_problem(*claim, view, baseline_, graces_);
        has_reason = has_reason || problem;
        if (problem) {
            unbound.reset();
        }
        if (outlived(claim->meta.uid, problem, now, verdict.judge_again)) {
            verdict.cause = to_cause(*problem);
            verdict.cause->evidence = events_as_evidence(claim->meta.uid, view);
        }
    }
    if (!verdict.cause) {
        verdict.cause = std::move(unbound);
    }
    const bool lacks_pods = std::ranges::count_if(pods, [&](const auto* pod) { return is_in_range(*pod, set); }) <
                            static_cast<std::ptrdiff_t>(set.replicas);
    const auto& name = set.meta.name;
    const auto refused =
        lacks_pods ? creation_problem("StatefulSet " + name, set.meta.uid, view, baseline_, graces_) : std::nullopt;
    for (auto& line : verdict.pods) {
        if (refused && line.phrase == not_created) {
            line.phrase += ": " + refused->headline;
        }
    }
    if (outlived(set.meta.uid, refused, now, verdict.judge_again)) {
        verdict.cause = to_cause(*refused);
        verdict.cause->evidence = events_as_evidence(set.meta.uid, view);
    }
    if (!verdict.cause && !has_reason && !refused) {
        verdict.cause = std::move(consequence);
    }
}

Verdict Judge::stateful_set(const View& view, const std::string& name, const std::string& uid, TimePoint now) {
    Verdict verdict;
    mind_sight(view, now);
    const auto found = view.stateful_sets().find(name);
    if (found == view.stateful_sets().end() || found->second.meta.uid != uid || found->second.meta.deleted) {
        verdict.state = State::gone;
        verdict.summary = "StatefulSet " + name + " is gone";
        verdict.cause = model::Cause{.headline = "StatefulSet " + name + " was deleted while it was rolled out",
                                     .hint = "see who deleted it, then deploy again",
                                     .pod = {},
                                     .container = {},
                                     .evidence = events_as_evidence(uid, view),
                                     .log = {}};
        return verdict;
    }
    const StatefulSet& set = found->second;
    const auto pods = view.pods_of(uid);
    const Counts counts = count(pods, set);
    verdict.summary = summarise(counts, set);
    verdict.pods = pod_lines(pods, set, view);
    if (set.status.observed_generation < set.meta.generation) {
        verdict.state = State::unobserved;
        return verdict;
    }
    judge_problems(view, set, pods, now, verdict);
    verdict.state = verdict.cause ? State::hopeless : state_without_problems(counts, set);
    if (verdict.state == State::done) {
        verdict.judge_again.reset();
    }
    return verdict;
}

std::vector<Judge::Hook> Judge::open_hooks(const View& view, const std::string& release) const {
    std::vector<Hook> hooks;
    for (const auto& [name, job] : view.jobs()) {
        if (job.is_hook() && !job.meta.is_of_another(release) && !job.is_complete() &&
            !baseline_.jobs.contains(job.meta.uid)) {
            hooks.push_back({.title = "hook Job " + name, .job = &job, .pods = view.pods_of(job.meta.uid)});
        }
    }
    for (const auto& [name, pod] : view.pods()) {
        const bool is_over = pod.phase == "Succeeded";
        if (pod.is_hook() && !pod.meta.is_of_another(release) && !is_over &&
            !baseline_.restarts.contains(pod.meta.uid)) {
            hooks.push_back({.title = "hook pod " + name, .job = nullptr, .pods = {&pod}});
        }
    }
    return hooks;
}

std::optional<Problem> Judge::job_problem(const model::Job& job, const std::vector<const Pod*>& pods,
                                          const View& view) const {
    if (!pods.empty()) {
        return retry_problem(job, pods, view, baseline_, graces_);
    }
    const auto* refused = creation_refused(view, job.meta.uid);
    if (refused != nullptr && baseline_.has(refused->meta)) {
        return std::nullopt;  // nobody wakes a Job's controller: it has not tried again yet
    }
    return creation_problem("hook Job " + job.meta.name, job.meta.uid, view, baseline_, graces_);
}

// Whoever tries again by itself gets the time for it: a Job makes other pods, and a pod that is a hook is started
// again.
std::optional<Problem> Judge::hook_pod_problem(const Hook& hook, const Pod& pod, const View& view) const {
    auto problem = node_problem(pod, view, graces_);
    problem = problem ? problem : pod_problem(pod, view, baseline_, graces_);
    if (problem && problem->kind == "CrashLoop") {
        if (hook.job != nullptr) {
            return std::nullopt;
        }
        problem->grace = graces_.hook_crash_loop;
    }
    return problem;
}

std::optional<model::Cause> Judge::hooks(const View& view, const std::string& release, TimePoint now) {
    judge_again_.reset();
    mind_sight(view, now);
    for (const auto& hook : open_hooks(view, release)) {
        const auto waited_for = [&](model::Cause cause) {
            cause.headline =
                "helm waits for " + (hook.job == nullptr ? "a hook" : "the " + hook.title) + ": " + cause.headline;
            return cause;
        };
        for (const auto* pod : hook.pods) {
            const auto problem = hook_pod_problem(hook, *pod, view);
            if (outlived(pod->meta.uid, problem, now, judge_again_)) {
                return waited_for(pod_cause(*problem, *pod, view));
            }
        }
        if (hook.job == nullptr) {
            continue;
        }
        const auto& job = *hook.job;
        const auto problem = job_problem(job, hook.pods, view);
        if (outlived(job.meta.uid, problem, now, judge_again_)) {
            if (const auto shown = view.pods().find(problem->pod); shown != view.pods().end()) {
                return waited_for(pod_cause(*problem, shown->second, view));
            }
            auto cause = to_cause(*problem);
            cause.evidence = events_as_evidence(job.meta.uid, view);
            return cause;
        }
    }
    return std::nullopt;
}

std::vector<PodLine> Judge::hook_pods(const View& view, const std::string& release) const {
    std::vector<PodLine> lines;
    for (const auto& hook : open_hooks(view, release)) {
        for (const auto* pod : hook.pods) {
            const auto phrase = pod_phrase(*pod, view);
            lines.push_back({pod->meta.name, phrase == "ready" ? "running" : phrase});  // it is to end
        }
    }
    return lines;
}

std::optional<model::Cause> Judge::failed_hook(const View& view, const std::string& release) const {
    std::optional<model::Cause> cause;
    std::uint64_t newest = 0;
    for (const auto& hook : open_hooks(view, release)) {
        for (const auto* pod : hook.pods) {
            for (const auto& container : pod->containers) {
                const auto* ended = failure_of(container);
                if (ended == nullptr || pod->meta.resource_version < newest) {
                    continue;
                }
                newest = pod->meta.resource_version;
                const auto ending = ending_of(*pod, container, *ended, view);
                cause = model::Cause{
                    .headline = "the " + hook.title + " failed: container " + container.name + " " + ending.once,
                    .hint = ended->ran_out_of_memory() ? "raise the memory limit of this container" : ending.hint,
                    .pod = pod->meta.name,
                    .container = container.name,
                    .evidence = pod_evidence(*pod, view),
                    .log = {},
                    .log_tells = ending.log_tells,
                    .not_started_since = container.terminated.has_value()};
            }
        }
        for (const auto& condition : hook.job == nullptr ? std::vector<model::Condition>() : hook.job->conditions) {
            if (condition.type == "Failed" && condition.status == "True" && !cause) {
                cause = model::Cause{.headline = "the " + hook.title +
                                                 " failed: " + base::shorten(base::printable(condition.message), 400),
                                     .hint = "see its definition in the chart: its retries and its deadline",
                                     .pod = {},
                                     .container = {},
                                     .evidence = events_as_evidence(hook.job->meta.uid, view),
                                     .log = {}};
            }
        }
    }
    return cause;
}

std::optional<model::Cause> Judge::leaving(const View& view, const std::vector<std::string>& owner_uids,
                                           TimePoint now) {
    judge_again_.reset();
    mind_sight(view, now);
    for (const auto& uid : owner_uids) {
        for (const auto* pod : view.pods_of(uid)) {
            auto problem = node_problem(*pod, view, graces_);
            if (!problem && pod->terminating()) {
                problem = pod_problem(*pod, view, baseline_, graces_);
            }
            if (outlived(pod->meta.uid, problem, now, judge_again_)) {
                return pod_cause(*problem, *pod, view);
            }
        }
    }
    return std::nullopt;
}

}  // namespace rollout
