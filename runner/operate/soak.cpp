#include "operate/soak.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "operate/check_etcd.hpp"
#include "operate/release.hpp"

namespace operate {
namespace {

// Restarts so far, by the pod's UID; and the pods' names.
struct Seen {
    std::int32_t restarts = 0;
    std::string pod;
};
using Restarts = std::map<std::string, Seen>;

Restarts restarts_now(const rollout::View& view, const model::StatefulSet& set) {
    Restarts now;
    for (const auto* pod : view.pods_of(set.meta.uid)) {
        now[pod->meta.uid] = {.restarts = pod->restarts(), .pod = pod->meta.name};
    }
    return now;
}

std::optional<model::Finding> disturbance(const Restarts& before, const Restarts& now) {
    for (const auto& [uid, seen] : before) {
        const auto still = now.find(uid);
        if (still == now.end() || still->second.restarts > seen.restarts) {
            return model::Finding{
                .severity = model::Severity::failure,
                .rule = "soak",
                .subject = seen.pod,
                .message = std::string(still == now.end() ? "its pod was replaced" : "was restarted") +
                           " while the members were watched",
                .hint = "kubectl logs " + seen.pod + " --previous tells how it ended"};
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

std::optional<model::Finding> election(const model::ClusterHealth& before, const model::ClusterHealth& now) {
    if (now.leader == before.leader && highest_term(now) == highest_term(before)) {
        return std::nullopt;
    }
    return model::Finding{
        .severity = model::Severity::failure,
        .rule = "soak",
        .subject = {},
        .message = "the leader changed while the members were watched" +
                   (now.leader == before.leader ? std::string() : ", from " + before.leader + " to " + now.leader),
        .hint = "the usual causes are a slow disk, too little CPU and a lossy network: see the logs"};
}

base::Result<std::optional<model::Finding>> watch_members(const Run& run, Observer& observer, const Restarts& before,
                                                          const std::string& set, sys::Deadline end) {
    for (;;) {
        const auto found = observer.view().stateful_sets().find(set);
        auto disturbed = disturbance(before, found == observer.view().stateful_sets().end()
                                                 ? Restarts()
                                                 : restarts_now(observer.view(), found->second));
        const auto now = run.tools().clock.now();
        if (disturbed || now >= end) {
            return disturbed;
        }
        if (run.stop().stop_requested() || now >= run.deadline()) {
            return std::unexpected(run.interrupted(base::ErrorCode::rollout_timed_out, "watching the members"));
        }
        TRY(observer.next(std::min(end, run.deadline())));
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
    const auto before = restarts_now(observer.view(), *set);
    const auto health_before = *run.record().health;
    TRY_ASSIGN(auto disturbed, watch_members(run, observer, before, set->meta.name, run.tools().clock.now() + length));
    TRY_ASSIGN(const auto* set_now, etcd_set(observer.view(), run.request().release));
    TRY(examine_past_outage(run, examiner, observer.view(), *set_now));
    if (run.stop().stop_requested()) {
        return std::unexpected(run.interrupted(base::ErrorCode::etcd_unhealthy, "asking etcd"));
    }
    auto& health = *run.record().health;
    if (!disturbed && health.healthy()) {
        disturbed = election(health_before, health);
    }
    if (disturbed) {
        std::vector<model::Finding> findings{std::move(*disturbed)};  // what else is wrong may come of it
        std::ranges::move(health.findings, std::back_inserter(findings));
        health.findings = std::move(findings);
    }
    if (!health.healthy()) {
        return std::unexpected(unhealthy(health));
    }
    run.tools().progress.line("no member restarted, and the leader stayed");
    phase.complete();
    return {};
}

}  // namespace operate
