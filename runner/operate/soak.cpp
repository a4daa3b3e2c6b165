#include "operate/soak.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "operate/await_rollout.hpp"
#include "operate/check_etcd.hpp"
#include "operate/release.hpp"
#include "rollout/ending.hpp"
#include "rollout/problem.hpp"

namespace operate {
namespace {

// How often the containers of each pod have ended so far.
struct Seen {
    std::map<std::string, std::int32_t> ends;  // by container
    std::string pod;
};
using SeenPods = std::map<std::string, Seen>;  // by UID

SeenPods pods_now(const rollout::View& view, const model::StatefulSet& set) {
    SeenPods now;
    for (const auto* pod : view.pods_of(set.meta.uid)) {
        now[pod->meta.uid] = {.ends = rollout::ends_so_far(*pod), .pod = pod->meta.name};
    }
    return now;
}

constexpr const char* meanwhile = " while the members were watched";

// What has happened to a member: one finding, and how it came about where that can be said.
struct Disturbance {
    model::Finding finding;
    std::optional<model::Cause> cause = {};
    bool may_be_explained = false;  // by the kubelet, in a moment
};

Disturbance container_ended(const model::Pod& pod, const model::ContainerStatus& container, const rollout::View& view) {
    const auto& end = container.last_end();
    const auto ending = end ? rollout::ending_of(pod, container, *end, view)
                            : rollout::Ending{.once = "was restarted", .again = {}, .hint = "read its last log lines"};
    const auto what = base::printable(container.title()) + " " + ending.once + meanwhile;
    return {.finding = {.severity = model::Severity::failure,
                        .rule = "soak",
                        .subject = pod.meta.name,
                        .message = what,
                        .hint = ending.hint},
            .cause = model::Cause{.headline = "pod " + pod.meta.name + ": " + what,
                                  .hint = ending.hint,
                                  .pod = pod.meta.name,
                                  .container = container.name,
                                  .evidence = rollout::pod_evidence(pod, view),
                                  .log = {},
                                  .log_tells = ending.log_tells,
                                  .not_started_since = container.terminated.has_value()},
            .may_be_explained = ending.by == rollout::EndedBy::itself};
}

Disturbance pod_lost(const std::string& pod, const std::string& how) {
    return {.finding = {.severity = model::Severity::failure,
                        .rule = "soak",
                        .subject = pod,
                        .message = "its pod " + how + meanwhile,
                        .hint = "see who did that: kubectl get events"}};
}

// When all have ended, with the pod's sandbox, the init containers say least of it.
const model::ContainerStatus* newly_ended(const Seen& seen, const model::Pod& pod) {
    const auto ends = rollout::ends_so_far(pod);
    const model::ContainerStatus* ended = nullptr;
    for (const auto& container : pod.containers) {
        const auto known = seen.ends.find(container.name);
        const bool has_ended = ends.at(container.name) > (known == seen.ends.end() ? 0 : known->second);
        if (has_ended && (ended == nullptr || ended->is_init)) {
            ended = &container;
        }
    }
    return ended;
}

std::optional<Disturbance> disturbance(const SeenPods& before, const rollout::View& view, const std::string& set) {
    const auto found = view.stateful_sets().find(set);
    const auto pods =
        found == view.stateful_sets().end() ? std::vector<const model::Pod*>() : view.pods_of(found->second.meta.uid);
    for (const auto& [uid, seen] : before) {
        const auto still = std::ranges::find(pods, uid, [](const auto* pod) { return pod->meta.uid; });
        if (still == pods.end()) {
            return pod_lost(seen.pod, "was replaced");
        }
        if ((*still)->terminating()) {
            return pod_lost(seen.pod, "was deleted");
        }
        if ((*still)->phase == "Failed") {
            return pod_lost(seen.pod, "was evicted, or has failed");
        }
        if (const auto* ended = newly_ended(seen, **still)) {
            return container_ended(**still, *ended, view);
        }
    }
    return std::nullopt;
}

// The term counts elections: it changes also when the same member is elected again.
std::uint64_t highest_term(const model::ClusterHealth& health) {
    std::uint64_t term = 0;
    for (const auto& member : health.members) {
        term = std::max(term, member.status ? member.status->raft_term : 0);
    }
    return term;
}

std::optional<Disturbance> election(const model::ClusterHealth& before, const model::ClusterHealth& now) {
    if (now.leader == before.leader && highest_term(now) == highest_term(before)) {
        return std::nullopt;
    }
    return Disturbance{
        .finding = {
            .severity = model::Severity::failure,
            .rule = "soak",
            .subject = {},
            .message = std::string("the leader changed") + meanwhile +
                       (now.leader == before.leader ? std::string() : ", from " + before.leader + " to " + now.leader),
            .hint = "the usual causes are a slow disk, too little CPU and a lossy network: see the logs"}};
}

base::Result<std::optional<Disturbance>> watch_members(const Run& run, Observer& observer, const SeenPods& before,
                                                       const std::string& set, sys::Deadline end) {
    // The kubelet may tell that a container has ended before it tells that it has ended it itself, and why.
    constexpr std::chrono::seconds time_for_events{1};
    std::optional<sys::Deadline> last_word;
    for (;;) {
        const auto now = run.tools().clock.now();
        auto disturbed = disturbance(before, observer.view(), set);
        const bool may_say_more = disturbed && disturbed->may_be_explained;
        if (!may_say_more) {
            last_word.reset();
        } else if (!last_word) {
            last_word = now + time_for_events;
        }
        if (disturbed ? !may_say_more || now >= *last_word : now >= end) {
            return disturbed;
        }
        if (run.stop().stop_requested() || now >= run.deadline()) {
            return std::unexpected(run.interrupted(base::ErrorCode::rollout_timed_out, "watching the members"));
        }
        TRY(observer.next(std::min(last_word.value_or(end), run.deadline())));
    }
}

}  // namespace

base::Result<void> soak(const Run& run, Observer& observer, Examiner& examiner) {
    const auto length = run.request().soak;
    if (length <= std::chrono::milliseconds::zero()) {
        return {};
    }
    PhaseScope phase(run, "soak");
    run.tools().progress.line("watching the members for " + base::human_duration(length));
    TRY_ASSIGN(const auto* set, etcd_set(observer.view(), run.request().release));
    const auto before = pods_now(observer.view(), *set);
    const std::string name = set->meta.name;  // the set may be gone before the end
    const auto health_before = *run.record().health;
    TRY_ASSIGN(auto disturbed, watch_members(run, observer, before, name, run.tools().clock.now() + length));
    TRY_ASSIGN(const auto* set_now, etcd_set(observer.view(), run.request().release));
    TRY(examine_past_outage(run, examiner, observer.view(), *set_now));
    if (run.stop().stop_requested()) {
        return std::unexpected(run.interrupted(base::ErrorCode::etcd_unhealthy, "asking etcd"));
    }
    auto& health = *run.record().health;
    if (!disturbed && health.healthy()) {
        disturbed = election(health_before, health);
    }
    const bool is_explained = disturbed && disturbed->cause;
    if (disturbed) {
        if (is_explained) {
            record_cause(run, std::move(*disturbed->cause));
        }
        std::vector<model::Finding> findings{std::move(disturbed->finding)};  // what else is wrong may come of it
        std::ranges::move(health.findings, std::back_inserter(findings));
        health.findings = std::move(findings);
    }
    if (!health.healthy()) {
        auto error = unhealthy(health);
        if (is_explained) {
            error.message = run.record().cause->headline;
            error.hint = run.record().cause->hint;
        }
        return std::unexpected(std::move(error));
    }
    run.tools().progress.line("no container ended, and the leader stayed");
    phase.complete();
    return {};
}

}  // namespace operate
