#include "operate/deploy.hpp"

#include <algorithm>
#include <utility>

#include "helm/release.hpp"
#include "model/outcome.hpp"
#include "operate/apply_release.hpp"
#include "operate/authentication.hpp"
#include "operate/availability.hpp"
#include "operate/await_rollout.hpp"
#include "operate/check_etcd.hpp"
#include "operate/follow_release.hpp"
#include "operate/journal.hpp"
#include "operate/local_chart.hpp"
#include "operate/lock.hpp"
#include "operate/plan.hpp"
#include "operate/preflight.hpp"
#include "operate/release.hpp"
#include "operate/roll_members.hpp"
#include "operate/rollback.hpp"
#include "operate/rolling_plan.hpp"
#include "operate/soak.hpp"
#include "operate/take_evidence.hpp"
#include "operate/takeover.hpp"
#include "operate/volumes.hpp"

namespace operate {
namespace {

base::Result<void> check_preconditions(const Run& run, const Preflight& found) {
    const auto& request = run.request();
    if (request.action == model::Action::upgrade && !found.release && found.may_look) {
        return base::fail(
            base::ErrorCode::refused,
            "there is no release " + request.release + " in namespace " + request.namespace_name + " to upgrade",
            "use action install for the first deployment, or correct release and namespace");
    }
    if (!found.namespace_exists && !request.create_namespace) {
        return base::fail(base::ErrorCode::refused, "namespace " + request.namespace_name + " does not exist",
                          "create it, set create-namespace: true, or correct the input namespace");
    }
    if (found.release && found.release->apply_method == "csa") {
        run.warn("the release was applied client-side so far: helm moves it to server-side apply now, once");
    }
    return {};
}

// For the lock, which is to be held before helm begins.
base::Result<void> make_namespace(const Run& run) {
    TRY(run.before_change());
    run.tools().progress.line("creating namespace " + run.namespace_name());
    return run.tools().kube.create_namespace(run.namespace_name(), run.scope());
}

// Helm must not forget the last revision that was verified, however many have failed since.
int history_max(const model::Journal& journal, const std::optional<helm::Release>& release) {
    const int newest = release ? release->revision.revision : 0;
    return helm::revisions_to_keep(newest, journal.verified.empty() ? newest : journal.verified.back().revision);
}

bool is_of_release(const model::Pod& pod, const std::string& release) {
    const auto instance = pod.meta.labels.find("app.kubernetes.io/instance");
    return instance != pod.meta.labels.end() && instance->second == release;
}

// A release that helm has forgotten may run all the same.
base::Result<void> check_unused(const Run& run, const Observer& observer) {
    for (const auto& [name, pod] : observer.view().pods()) {
        if (is_of_release(pod, run.request().release)) {
            return base::fail(base::ErrorCode::refused,
                              "pod " + name + " runs, although helm knows no such release: its volume is not deleted",
                              "find out what became of helm's record of the release; leave leftover-data out");
        }
    }
    return {};
}

// Pods of a StatefulSet that is gone, or goes: helm's or kubectl's deletion does not wait for them.
std::vector<std::string> leaving_owners(const Run& run, const rollout::View& view) {
    std::vector<std::string> owners;
    for (const auto* set : release_sets(view, run.request().release)) {
        if (set->meta.deleted) {
            owners.push_back(set->meta.uid);
        }
    }
    for (const auto& [name, pod] : view.pods()) {
        if (!is_of_release(pod, run.request().release)) {
            continue;
        }
        for (const auto& owner : pod.meta.owners) {
            const auto set = view.stateful_sets().find(owner.name);
            if (owner.kind == "StatefulSet" &&
                (set == view.stateful_sets().end() || set->second.meta.uid != owner.uid)) {
                owners.push_back(owner.uid);
            }
        }
    }
    std::ranges::sort(owners);
    owners.erase(std::ranges::unique(owners).begin(), owners.end());
    return owners;
}

// Until they are gone Kubernetes can make no others of their names. It tries, says nothing, and tries again at ever
// longer intervals: two pods of three, and minutes later the third.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/controller/statefulset/stateful_pod_control.go
base::Result<void> await_leavers(const Run& run, Observer& observer, rollout::Judge& judge) {
    const auto owners = leaving_owners(run, observer.view());
    if (owners.empty()) {
        return {};
    }
    run.tools().progress.line("a StatefulSet of before is gone, and its pods are still ending: they go first");
    return await_departure(run, observer, judge, owners);
}

// What a deployment works with.
struct Work {
    const std::string& chart;
    const Preflight& found;
    const Planned& planned;
    AvailabilityProbe& probe;
    model::Journal& journal;
};

// From the release that is there to members that are well.
base::Result<void> change(const Run& run, Observer& observer, const Work& work) {
    const auto& chart = work.chart;
    const auto& found = work.found;
    auto& probe = work.probe;
    auto& journal = work.journal;
    const auto pods_before = uids_of_pods(run, observer.view());
    rollout::Judge judge(run.request().graces, baseline_of(run, observer, work.planned.hook_jobs));

    TRY(await_leavers(run, observer, judge));
    if (!found.release && run.request().leftover_data == model::LeftoverData::remove) {
        TRY(check_unused(run, observer));
        TRY(delete_volumes(run, observer, claims_of_release(run, observer)));
    }
    TRY_ASSIGN(const auto plan, plan_rolling(run, observer, work.planned.sets_strategy));
    TRY(apply_release(run, observer, judge,
                      {.chart = chart,
                       .more_set = plan.helm_values(),
                       .history_max = history_max(journal, found.release),
                       .conflicts = work.planned.takes_fields ? helm::Conflicts::taken_back : helm::Conflicts::refused},
                      found));
    TRY(read_sets_again(run, observer));
    auto set = etcd_set(observer.view(), run.request().release);
    if (!set) {
        TRY(record_changes(run, found.release, run.closing_scope()));
        return std::unexpected(std::move(set).error());
    }
    run.record().stateful_set = (*set)->meta.name;
    auto rolled_out = roll_members(run, observer, judge, plan, probe);
    record_pods(run, observer.view(), pods_before);
    // After a good rollout an API server that is away for a while is waited for.
    auto after = record_changes(run, found.release, rolled_out ? run.scope() : run.aftermath_scope());
    TRY(std::move(rolled_out));  // the reason that matters, when both failed
    if (!after) {
        return std::unexpected(std::move(after).error());
    }
    TRY_ASSIGN(const auto* rolled_set, etcd_set(observer.view(), run.request().release));
    TRY_ASSIGN(auto examiner, check_etcd(run, observer.view(), *rolled_set));
    const auto& record = run.record();
    if (record.manifest_changed || !record.created_pods.empty() || !record.restarted_pods.empty()) {
        TRY(soak(run, observer, examiner));
    }
    TRY(probe.finish());
    TRY(settle_authentication(run, journal, examiner, observer.view(), *rolled_set));
    note_verified(run, journal, *rolled_set, helm::values_hash(after->values));
    run.record().outcome = model::Outcome::done;
    return {};
}

// With the evidence of what went wrong, taken before anything is undone.
base::Result<void> change_or_tell(const Run& run, const Work& work, Evidence& evidence) {
    Observer observer(run);
    TRY(observer.wait_until_synced());
    work.probe.remember(observer.view());
    observer.on_change([&probe = work.probe](const rollout::View& view) { probe.look(view); });
    auto changed = change(run, observer, work);
    if (!changed) {
        take_evidence(run, observer, evidence, changed.error());
    }
    return changed;
}

// What says that nothing was touched (exit codes 2 and 3), once something was. Credentials and rights that end on the
// way stay what they are: with them nothing can be taken back either.
base::Error after_touching(const Run& run, base::Error error) {
    using base::ErrorCode;
    const int exit_code = model::failure_kind(error.code).exit_code;
    const bool denies_touching = exit_code == 2 || exit_code == 3;
    if (!denies_touching || error.code == ErrorCode::unauthorized || error.code == ErrorCode::forbidden) {
        return error;
    }
    const bool is_late = (error.code == ErrorCode::timed_out || error.code == ErrorCode::unreachable) &&
                         run.tools().clock.now() >= run.deadline();
    error.code = is_late ? ErrorCode::rollout_timed_out : ErrorCode::rollout_failed;
    return error;
}

// What a run ends with that was stopped when it had failed already, while it looked at what was there or went back:
// whoever stopped it is told that. The failure stays, below.
base::Error stopped_after(const Run& run, base::Error failure) {
    const auto& rollback = run.record().rollback;
    auto error = run.interrupted(base::ErrorCode::cancelled,
                                 rollback ? "going back after a failure" : "looking at what a failure has left");
    if (failure.code == error.code) {
        return failure;
    }
    error.message += "; it had failed: " + failure.text();
    error.command = std::move(failure.command);
    return error;
}

// Whether another run has changed the release between our reading of it and our lock.
base::Result<bool> moved_since(const Run& run, Preflight& found) {
    TRY_ASSIGN(const auto secrets,
               run.tools().kube.release_secrets(run.namespace_name(), run.request().release, run.scope()));
    const int newest = secrets.empty() ? 0 : secrets.back().revision;
    const int known = found.release ? found.release->revision.revision : 0;
    const bool is_gone = !secrets.empty() && secrets.back().status == "uninstalled";
    if (newest == known || is_gone) {
        return false;
    }
    TRY_ASSIGN(found.release, read_release(run, run.scope()));
    return true;
}

}  // namespace

base::Result<void> deploy(const Run& run, Evidence& evidence) {
    TRY_ASSIGN(auto found, preflight(run));
    TRY(check_preconditions(run, found));
    TRY_ASSIGN(const auto chart, LocalChart::fetch(run));
    // Nothing is touched before the plan, not even a lock is taken; but what another run is changing, or has left
    // pending, is no ground to plan on.
    Planned planned;
    bool is_settled = found.namespace_exists && !is_pending(found.release);
    if (is_settled && !run.request().only_plans()) {
        TRY_ASSIGN(const auto holder, lock_holder(run));
        is_settled = holder.empty();
    }
    if (is_settled || !found.namespace_exists || run.request().only_plans()) {
        TRY_ASSIGN(planned, plan_deployment(run, found, chart.path()));
    }
    if (run.request().only_plans()) {
        return {};
    }
    if (!found.namespace_exists) {
        TRY(make_namespace(run));
    }
    TRY_ASSIGN(const auto lock, Lock::take(run));
    TRY_ASSIGN(auto journal, read_journal(run));
    tell_cut_off(run, journal);
    if (lock->waited()) {
        TRY_ASSIGN(found.release, read_release(run, run.scope()));
    }
    TRY_ASSIGN(found.release, settle_pending(run, std::move(found.release), journal));
    // Once more when it was made of something else: in a namespace that was not there nothing could be tried.
    const bool was_there = std::exchange(found.namespace_exists, true);
    TRY_ASSIGN(const bool has_moved, moved_since(run, found));
    if (!is_settled || !was_there || has_moved) {
        TRY_ASSIGN(planned, plan_deployment(run, found, chart.path()));
    }
    found.namespace_exists = was_there;
    if (found.release) {
        run.record().before = found.release->revision;
        run.record().verified_revision = journal.verified.empty() ? 0 : journal.verified.back().revision;
    } else {
        journal.verified.clear();  // of a release that was uninstalled since, by others
    }
    journal.left_data.reset();
    TRY(begin_operation(run, journal));
    AvailabilityProbe probe(run);  // for the way back, too
    auto changed = change_or_tell(
        run, {.chart = chart.path(), .found = found, .planned = planned, .probe = probe, .journal = journal}, evidence);
    if (!changed && run.record().touched) {
        changed = std::unexpected(after_touching(run, std::move(changed).error()));
    }
    if (!changed && wants_rollback(run, changed.error())) {
        roll_back(run, journal, found.release, probe);
    }
    if (!run.stop().stop_requested()) {
        end_operation(run, journal);
        return changed;
    }
    leave_operation(run, journal, *lock);
    return changed ? changed : std::unexpected(stopped_after(run, std::move(changed).error()));
}

}  // namespace operate
