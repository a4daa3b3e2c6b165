#include "operate/follow_release.hpp"

#include <algorithm>
#include <utility>

#include "operate/release.hpp"

namespace operate {

namespace {

bool is_awaited_again(const model::Job& job, const std::string& release, const std::set<std::string>& hook_jobs) {
    const auto instance = job.meta.labels.find("app.kubernetes.io/instance");
    const bool is_over = job.is_complete() || job.has_failed();
    // Without a policy helm makes it anew, and has deleted this one then.
    const auto policy = job.meta.annotations.find("helm.sh/hook-delete-policy");
    const bool is_kept = policy != job.meta.annotations.end() && !policy->second.contains("before-hook-creation");
    const bool is_ours =
        instance == job.meta.labels.end() ? hook_jobs.contains(job.meta.name) : instance->second == release;
    return job.is_hook() && is_kept && !is_over && is_ours;
}

}  // namespace

rollout::Baseline baseline_of(const Run& run, const Observer& observer, const std::set<std::string>& hook_jobs) {
    rollout::Baseline before{.resource_version = observer.resource_version(),
                             .restarts = {},
                             .jobs = {},
                             .job_failures = {},
                             .backing_off = {}};
    for (const auto& [name, job] : observer.view().jobs()) {
        if (!is_awaited_again(job, run.request().release, hook_jobs)) {
            before.jobs.insert(job.meta.uid);
        }
        before.job_failures[job.meta.uid] = job.failed;
    }
    for (const auto& [name, pod] : observer.view().pods()) {
        before.restarts[pod.meta.uid] = pod.restarts();
        if (rollout::backs_off(pod)) {
            before.backing_off.insert(pod.meta.uid);
        }
    }
    return before;
}

base::Result<void> read_sets_again(const Run& run, Observer& observer) {
    TRY_ASSIGN(auto sets, run.tools().kube.list(model::Kind::stateful_set, run.namespace_name(), "", run.scope()));
    for (const auto& set : sets.items) {
        observer.learn(set);
    }
    return {};
}

PodUids uids_of_pods(const Run& run, const rollout::View& view) {
    PodUids uids;
    for (const auto* set : release_sets(view, run.request().release)) {
        for (const auto* pod : view.pods_of(set->meta.uid)) {
            uids[pod->meta.name] = pod->meta.uid;
        }
    }
    return uids;
}

base::Result<helm::Release> record_changes(const Run& run, const std::optional<helm::Release>& before,
                                           const kube::Scope& scope) {
    TRY_ASSIGN(auto after, read_release(run, scope));
    if (!after) {
        return base::fail(base::ErrorCode::rollout_failed, "the release vanished while it was deployed",
                          "see who uninstalled it, then deploy again");
    }
    auto& record = run.record();
    record.after = after->revision;
    // The same manifest also takes back what others have changed meanwhile.
    const bool takes_back = record.plan && record.plan->changes();
    record.manifest_changed = !before || before->manifest != after->manifest || takes_back;
    auto changes = helm::diff_values(before ? before->values : std::string("{}"), after->values);
    if (changes && before) {
        record.value_changes = std::move(*changes);
    }
    return std::move(*after);
}

void record_pods(const Run& run, const rollout::View& view, const PodUids& before) {
    auto& record = run.record();
    const auto add_once = [](std::vector<std::string>& names, const std::string& name) {
        if (std::ranges::find(names, name) == names.end()) {
            names.insert(std::ranges::upper_bound(names, name), name);
        }
    };
    for (const auto& [name, uid] : uids_of_pods(run, view)) {
        const auto known = before.find(name);
        if (known == before.end()) {
            add_once(record.created_pods, name);
        } else if (known->second != uid) {
            add_once(record.restarted_pods, name);
        }
    }
}

}  // namespace operate
