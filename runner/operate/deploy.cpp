#include "operate/deploy.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "helm/release.hpp"
#include "operate/await_rollout.hpp"
#include "operate/check_etcd.hpp"
#include "operate/helm_call.hpp"
#include "operate/hooks.hpp"
#include "operate/preflight.hpp"
#include "operate/release.hpp"
#include "operate/soak.hpp"
#include "operate/takeover.hpp"
#include "sys/temporary_folder.hpp"

namespace operate {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

// Pods by name, with their UIDs: to tell afterwards which are new.
std::map<std::string, std::string> uids_of_pods(const rollout::View& view, const std::string& release) {
    std::map<std::string, std::string> uids;
    for (const auto* set : release_sets(view, release)) {
        for (const auto* pod : view.pods_of(set->meta.uid)) {
            uids[pod->meta.name] = pod->meta.uid;
        }
    }
    return uids;
}

rollout::Baseline baseline(const Observer& observer, const rollout::View& view) {
    rollout::Baseline before{.resource_version = observer.resource_version(), .restarts = {}, .jobs = {}};
    for (const auto& [name, job] : view.jobs()) {
        before.jobs.insert(job.meta.uid);
    }
    for (const auto& [name, pod] : view.pods()) {
        before.restarts[pod.meta.uid] = pod.restarts();
    }
    return before;
}

// Shows helm's output in its group until helm ends, and ends it when one of its hooks
// cannot ever finish: helm would be silent until its timeout.
base::Result<void> follow_helm(const Run& run, Observer& observer, rollout::Judge& judge, HelmCall& call) {
    auto& progress = run.tools().progress;
    HookWatch hooks(run, judge);
    for (;;) {
        TRY_ASSIGN(auto step, observer.next(judge.judge_again().value_or(TimePoint::max())));
        for (const auto& line : step.helm_line) {
            progress.output_line(line.text);
        }
        if (step.changed) {
            hooks.look(observer.view());
        }
        for (auto& ended : step.helm_ended) {
            if (!ended.result && hooks.failure() && ended.result.error().code == base::ErrorCode::helm_failed) {
                auto& error = ended.result.error();
                error.message = hooks.failure()->headline + "; helm says: " + error.message;
                error.hint = hooks.failure()->hint;
                run.record().cause = hooks.failure();
            }
            return std::move(ended.result);
        }
        if (run.stop().stop_requested()) {
            call.end();
            return std::unexpected(run.interrupted(base::ErrorCode::helm_failed, "helm was at work"));
        }
        if (auto cause = judge.hooks(observer.view(), run.request().release, run.tools().clock.now())) {
            call.end();
            base::Error error{.code = base::ErrorCode::rollout_failed,
                              .message = cause->headline,
                              .context = {},
                              .hint = cause->hint,
                              .command = {}};
            record_cause(run, std::move(*cause));
            return std::unexpected(std::move(error));
        }
    }
}

// What a helm that failed has left behind. It writes the release's record before the
// first object: when the record is as it was, nothing was touched. Whatever cannot be
// found out counts as touched.
void record_what_helm_left(const Run& run, const Preflight& found, base::Error& error) {
    auto& record = run.record();
    const auto now = read_release(run, run.closing_scope());
    if (!now) {
        return;
    }
    const auto state = [](const std::optional<helm::Release>& release) {
        return release ? std::pair(release->revision.revision, release->revision.status) : std::pair(0, std::string());
    };
    if (state(*now) == state(found.release)) {
        const auto place = run.tools().kube.namespace_state(run.namespace_name(), run.closing_scope());
        const bool still_absent = place && *place == kube::NamespaceState::absent;
        record.touched = !found.namespace_exists && !still_absent;
    } else if (*now) {
        record.after = (*now)->revision;
    }
    // Both say that nothing was touched.
    if (record.touched && (error.code == base::ErrorCode::forbidden || error.code == base::ErrorCode::bad_input)) {
        error.code = base::ErrorCode::helm_failed;
    }
}

base::Result<void> apply(const Run& run, Observer& observer, rollout::Judge& judge, const std::string& chart,
                         const Preflight& found) {
    PhaseScope phase(run, "helm");
    const auto& request = run.request();
    const helm::UpgradeOptions options{.release = request.release,
                                       .chart = chart,
                                       .values_files = request.values_files,
                                       .set = request.set,
                                       .set_string = request.set_string,
                                       .install = request.action == model::Action::install,
                                       // Helm would patch one that exists, which few may.
                                       .create_namespace = request.create_namespace && !found.namespace_exists,
                                       .timeout = request.timeout};
    run.tools().progress.begin_output_of(std::string("helm upgrade ") + (options.install ? "--install " : "") +
                                         request.release);
    run.record().touched = true;
    HelmCall call(run, observer, [&](const helm::OnLine& on_line, const helm::Scope& scope) {
        return run.tools().helm.upgrade(options, on_line, scope);
    });
    auto result = follow_helm(run, observer, judge, call);
    call.end();
    run.tools().progress.end_output();
    if (!result && result.error().code == base::ErrorCode::timed_out) {
        result.error().code = base::ErrorCode::rollout_timed_out;
    }
    if (!result) {
        record_what_helm_left(run, found, result.error());
    }
    TRY(std::move(result));
    phase.complete();
    return {};
}

// The watch may lag behind helm's end: without this the old state would look rolled out.
base::Result<void> read_sets_again(const Run& run, Observer& observer) {
    TRY_ASSIGN(auto sets, run.tools().kube.list(model::Kind::stateful_set, run.namespace_name(), "", run.scope()));
    for (const auto& set : sets.items) {
        observer.learn(set);
    }
    return {};
}

base::Result<void> record_changes(const Run& run, const std::optional<helm::Release>& before) {
    TRY_ASSIGN(auto after, read_release(run, run.closing_scope()));
    if (!after) {
        return base::fail(base::ErrorCode::rollout_failed, "the release vanished while it was deployed",
                          "see who uninstalled it, then deploy again");
    }
    auto& record = run.record();
    record.after = after->revision;
    record.manifest_changed = !before || before->manifest != after->manifest;
    auto changes = helm::diff_values(before ? before->values : std::string("{}"), after->values);
    if (changes && before) {
        record.value_changes = std::move(*changes);
    }
    return {};
}

void record_pods(const Run& run, const rollout::View& view, const std::map<std::string, std::string>& before) {
    auto& record = run.record();
    for (const auto& [name, uid] : uids_of_pods(view, run.request().release)) {
        const auto known = before.find(name);
        if (known == before.end()) {
            record.created_pods.push_back(name);
        } else if (known->second != uid) {
            record.restarted_pods.push_back(name);
        }
    }
}

// A remote chart is fetched before anything is touched, and installed from the archive.
class LocalChart {
public:
    static base::Result<LocalChart> fetch(const Run& run) {
        LocalChart chart;
        const auto& reference = run.request().chart;
        if (!reference.is_remote()) {
            chart.path_ = reference.location;
            return chart;
        }
        PhaseScope phase(run, "fetch chart");
        TRY_ASSIGN(chart.folder_, sys::TemporaryFolder::create("etcd-deploy-chart"));
        run.tools().progress.begin_output_of("helm pull " + reference.location);
        auto pulled = run.tools().helm.pull(
            reference, chart.folder_->path(),
            [&run](sys::Stream /*stream*/, std::string_view line) { run.tools().progress.output_line(line); },
            {run.stop(), run.deadline()});
        run.tools().progress.end_output();
        TRY_ASSIGN(chart.path_, std::move(pulled));
        phase.complete();
        return chart;
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::optional<sys::TemporaryFolder> folder_;
    std::string path_;
};

base::Result<void> check_preconditions(const Run& run, const Preflight& found) {
    const auto& request = run.request();
    if (request.action == model::Action::upgrade && !found.release) {
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

}  // namespace

base::Result<void> deploy(const Run& run) {
    TRY_ASSIGN(auto found, preflight(run));
    TRY(check_preconditions(run, found));
    TRY_ASSIGN(const auto chart, LocalChart::fetch(run));
    TRY_ASSIGN(found.release, settle_pending(run, std::move(found.release)));
    Observer observer(run);
    TRY(observer.wait_until_synced());
    const auto pods_before = uids_of_pods(observer.view(), run.request().release);
    rollout::Judge judge({}, baseline(observer, observer.view()));

    TRY(apply(run, observer, judge, chart.path(), found));
    TRY(read_sets_again(run, observer));
    auto set = etcd_set(observer.view(), run.request().release);
    if (!set) {
        TRY(record_changes(run, found.release));
        return std::unexpected(std::move(set).error());
    }
    run.record().stateful_set = (*set)->meta.name;
    auto rolled_out = await_rollout(run, observer, judge);
    record_pods(run, observer.view(), pods_before);
    auto recorded = record_changes(run, found.release);
    TRY(std::move(rolled_out));  // the reason that matters, when both failed
    TRY(std::move(recorded));
    TRY_ASSIGN(const auto* rolled_set, etcd_set(observer.view(), run.request().release));
    TRY_ASSIGN(auto examiner, check_etcd(run, observer.view(), *rolled_set));
    const auto& record = run.record();
    if (record.manifest_changed || !record.created_pods.empty() || !record.restarted_pods.empty()) {
        TRY(soak(run, observer, examiner));
    }
    run.record().outcome = model::Outcome::done;
    return {};
}

}  // namespace operate
