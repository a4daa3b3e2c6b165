#include "operate/await_rollout.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "diagnose/last_words.hpp"
#include "operate/release.hpp"

namespace operate {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

constexpr int log_lines = 50;
constexpr const char* etcd_container = "etcd";  // in our chart and in Bitnami's
constexpr std::chrono::seconds log_limit{5};

// All sets of the release as one verdict: the worst state, every pod.
rollout::Verdict judge_all(const rollout::View& view, rollout::Judge& judge,
                           const std::map<std::string, std::string>& uid_of_set, TimePoint now) {
    rollout::Verdict all{.state = rollout::State::done, .summary = {}, .pods = {}, .cause = {}, .judge_again = {}};
    for (const auto& [name, uid] : uid_of_set) {
        auto verdict = judge.stateful_set(view, name, uid, now);
        all.state = std::min(all.state, verdict.state);
        all.summary +=
            (all.summary.empty() ? "" : "; ") + (uid_of_set.size() > 1 ? name + ": " : std::string()) + verdict.summary;
        all.pods.insert(all.pods.end(), verdict.pods.begin(), verdict.pods.end());
        if (verdict.cause && !all.cause) {
            all.cause = std::move(verdict.cause);
        }
        if (verdict.judge_again && (!all.judge_again || *verdict.judge_again < *all.judge_again)) {
            all.judge_again = verdict.judge_again;
        }
    }
    return all;
}

// "etcd-1: waiting for a node; etcd-2: not created yet": all that are not ready.
std::string not_ready(const rollout::Verdict& verdict) {
    std::vector<std::string> pods;
    for (const auto& line : verdict.pods) {
        if (line.phrase != "ready") {
            pods.push_back(line.pod + ": " + line.phrase);
        }
    }
    return base::join(pods, "; ");
}

// Whether the pod does its work; an outdated one may.
bool serves(const std::string& name, const rollout::View& view) {
    const auto pod = view.pods().find(name);
    return pod != view.pods().end() && pod->second.ready() && !pod->second.terminating();
}

}  // namespace

// One that is ready and only outdated waits for the others: it is never the cause, or people
// would be told to delete a member that serves.
model::Cause what_is_missing(const rollout::Verdict& verdict, const rollout::View& view) {
    model::Cause cause{.headline = "the time is up with " + verdict.summary,
                       .hint = "see what the pod waits for; if the cluster is only slow, raise the input timeout",
                       .pod = {},
                       .container = {},
                       .evidence = {},
                       .log = {}};
    std::vector<std::string> others;
    for (const auto& line : verdict.pods) {
        if (line.phrase == "ready") {
            continue;
        }
        if (!cause.pod.empty() || serves(line.pod, view)) {
            others.push_back("pod " + line.pod + ": " + line.phrase);
            continue;
        }
        cause.pod = line.pod;
        cause.headline = "pod " + line.pod + " is not ready in time: " + line.phrase;
        if (const auto pod = view.pods().find(line.pod); pod != view.pods().end()) {
            cause.evidence = rollout::pod_evidence(pod->second, view);
            for (const auto& container : pod->second.containers) {
                if (!container.ready && (container.running || container.restart_count > 0)) {
                    cause.container = container.name;
                }
            }
        }
    }
    cause.evidence.insert(cause.evidence.end(), others.begin(), others.end());
    return cause;
}

base::Error hopeless(const Run& run, model::Cause cause) {
    record_cause(run, std::move(cause));
    const auto& recorded = *run.record().cause;
    run.tools().progress.line("hopeless: " + recorded.headline);
    return {.code = base::ErrorCode::rollout_failed,
            .message = recorded.headline,
            .context = {},
            .hint = recorded.hint,
            .command = {}};
}

void Narrator::tell(const std::vector<rollout::PodLine>& pods, const std::string& summary) {
    progress_.show_pods(pods);
    for (const auto& [pod, phrase] : pods) {
        auto& told = told_[pod];
        if (told != phrase) {
            told = phrase;
            progress_.line(pod + ": " + phrase + (phrase == "ready" && !summary.empty() ? " (" + summary + ")" : ""));
        }
    }
}

void add_log(const Run& run, model::Cause& cause) {
    if (cause.pod.empty() || cause.container.empty() || run.stop().stop_requested()) {
        return;
    }
    const kube::Scope scope{run.stop(), run.tools().clock.now() + log_limit};
    const bool first = !cause.not_started_since;
    for (const bool previous : {first, !first}) {
        auto log = run.tools().kube.logs(run.namespace_name(), cause.pod, cause.container, log_lines, previous, scope);
        if (log && !log->empty()) {
            cause.log = std::move(*log);
            cause.log_tells = cause.log_tells && previous == first;  // of another run it tells nothing of this end
            break;
        }
    }
    const auto words = cause.log_tells ? ::diagnose::last_words(cause.log) : std::nullopt;
    if (!words) {
        return;
    }
    cause.headline += "; its log says: " + words->line;
    if (cause.container == etcd_container && !words->meaning.empty()) {
        cause.hint = (words->certain ? "" : "probably ") + words->meaning + ": " + words->advice;
    }
}

void record_cause(const Run& run, model::Cause cause) {
    add_log(run, cause);
    run.record().cause = std::move(cause);
}

base::Result<void> await_rollout(const Run& run, Observer& observer, rollout::Judge& judge) {
    PhaseScope phase(run, "rollout");
    std::map<std::string, std::string> uid_of_set;
    for (const auto* set : release_sets(observer.view(), run.request().release)) {
        uid_of_set[set->meta.name] = set->meta.uid;
    }
    Narrator narrator(run.tools().progress);
    for (;;) {
        auto verdict = judge_all(observer.view(), judge, uid_of_set, run.tools().clock.now());
        narrator.tell(verdict.pods, verdict.summary);
        if (verdict.cause) {
            return std::unexpected(hopeless(run, std::move(*verdict.cause)));
        }
        if (verdict.state == rollout::State::done) {
            run.tools().progress.line("rolled out: " + verdict.summary);
            phase.complete();
            return {};
        }
        if (verdict.state == rollout::State::waiting_for_operator) {
            return base::fail(
                base::ErrorCode::rollout_failed,
                "the StatefulSet's updateStrategy is OnDelete: outdated pods stay until somebody deletes them",
                "delete them one at a time, each after the one before is ready, or set "
                "updateStrategy.type to RollingUpdate");
        }
        if (run.stop().stop_requested() || run.tools().clock.now() >= run.deadline()) {
            const auto error = run.interrupted(base::ErrorCode::rollout_timed_out,
                                               "waiting for " + verdict.summary + " (" + not_ready(verdict) + ")");
            record_cause(run, what_is_missing(verdict, observer.view()));
            return std::unexpected(error);
        }
        // Whatever else has already happened is taken in before it is judged again.
        TRY(observer.next(std::min(run.deadline(), verdict.judge_again.value_or(TimePoint::max()))));
    }
}

base::Result<void> await_departure(const Run& run, Observer& observer, rollout::Judge& judge,
                                   const std::vector<std::string>& owner_uids) {
    PhaseScope phase(run, "pods leave");
    const auto& view = observer.view();
    std::size_t told = 0;
    for (;;) {
        std::vector<std::string> pods;
        for (const auto& uid : owner_uids) {
            for (const auto* pod : view.pods_of(uid)) {
                pods.push_back(pod->meta.name);
            }
        }
        const std::size_t left = pods.size();
        const bool owners_left = std::ranges::any_of(view.stateful_sets(), [&](const auto& entry) {
            return std::ranges::find(owner_uids, entry.second.meta.uid) != owner_uids.end();
        });
        if (left == 0 && !owners_left) {
            run.tools().progress.line("all pods are gone");
            phase.complete();
            return {};
        }
        if (left != told) {
            told = left;
            run.tools().progress.line("waiting until the pods are gone: " + std::to_string(left) + " left");
        }
        if (auto cause = judge.leaving(view, owner_uids, run.tools().clock.now())) {
            return std::unexpected(hopeless(run, std::move(*cause)));
        }
        if (run.stop().stop_requested() || run.tools().clock.now() >= run.deadline()) {
            auto error = run.interrupted(base::ErrorCode::rollout_timed_out,
                                         "waiting for " + std::to_string(left) + (left == 1 ? " pod" : " pods") +
                                             " to be gone: " + base::join(pods, ", "));
            if (error.code == base::ErrorCode::rollout_timed_out) {
                error.hint =
                    "kubectl describe pod shows whether a finalizer or a dead node holds it; then run it again";
            }
            return std::unexpected(std::move(error));
        }
        TRY(observer.next(std::min(run.deadline(), judge.judge_again().value_or(TimePoint::max()))));
    }
}

base::Result<void> await_claims_gone(const Run& run, Observer& observer, const std::vector<std::string>& claim_uids) {
    PhaseScope phase(run, "volumes are deleted");
    for (;;) {
        const auto left = std::ranges::count_if(observer.view().claims(), [&](const auto& entry) {
            return std::ranges::find(claim_uids, entry.second.meta.uid) != claim_uids.end();
        });
        if (left == 0) {
            phase.complete();
            return {};
        }
        if (run.stop().stop_requested() || run.tools().clock.now() >= run.deadline()) {
            return std::unexpected(run.interrupted(base::ErrorCode::rollout_timed_out,
                                                   "waiting for " + std::to_string(left) + " volumes to be deleted"));
        }
        TRY(observer.next(run.deadline()));
    }
}

}  // namespace operate
