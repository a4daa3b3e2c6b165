#include "operate/apply_release.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "operate/await_rollout.hpp"
#include "operate/hooks.hpp"
#include "operate/release.hpp"

namespace operate {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

// What helm waits for cannot ever be: a hook of its own, or, while one is at work (it may wait for them), members that
// this helm has made or changed.
class Hopeless {
public:
    Hopeless(const Run& run, const rollout::View& before, rollout::Judge& judge) : run_(run), judge_(judge) {
        for (const auto* set : release_sets(before, run.request().release)) {
            generations_[set->meta.uid] = set->meta.generation;
        }
    }

    [[nodiscard]] std::optional<model::Cause> look(const rollout::View& view) {
        const auto now = run_.tools().clock.now();
        auto cause = judge_.hooks(view, run_.request().release, now);
        again_ = judge_.judge_again().value_or(TimePoint::max());
        if (cause || judge_.hook_pods(view, run_.request().release).empty()) {
            return cause;
        }
        for (const auto* set : release_sets(view, run_.request().release)) {
            const auto known = generations_.find(set->meta.uid);
            if (set->meta.deleted || (known != generations_.end() && known->second == set->meta.generation)) {
                continue;
            }
            auto verdict = judge_.stateful_set(view, set->meta.name, set->meta.uid, now);
            if (verdict.cause) {
                return std::move(verdict.cause);
            }
            again_ = std::min(again_, verdict.judge_again.value_or(TimePoint::max()));
        }
        return std::nullopt;
    }
    [[nodiscard]] TimePoint look_again() const { return again_; }

private:
    const Run& run_;
    rollout::Judge& judge_;
    std::map<std::string, std::int64_t> generations_;  // before helm, by UID
    TimePoint again_ = TimePoint::max();
};

// Shows helm's output in its group until helm ends, and ends it when what it waits for is hopeless: it would be
// silent until its timeout.
base::Result<void> follow_helm(const Run& run, Observer& observer, rollout::Judge& judge, HelmCall& call) {
    auto& progress = run.tools().progress;
    HookWatch hooks(run, judge);
    Hopeless hope(run, observer.view(), judge);
    for (;;) {
        if (auto cause = hope.look(observer.view())) {
            call.end();
            return std::unexpected(hopeless(run, std::move(*cause)));
        }
        TRY_ASSIGN(auto step, observer.next(hope.look_again()));
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
    }
}

// What a helm that failed has left behind. It writes the release's record before the
// first object: when the record is as it was, nothing was touched. Whatever cannot be
// found out counts as touched.
void record_what_helm_left(const Run& run, const Preflight& found, base::Error& error) {
    auto& record = run.record();
    const auto now = read_release(run, run.aftermath_scope());
    if (!now) {
        return;
    }
    const auto state = [](const std::optional<helm::Release>& release) {
        return release ? std::pair(release->revision.revision, release->revision.status) : std::pair(0, std::string());
    };
    if (state(*now) == state(found.release)) {
        record.touched = !found.namespace_exists;  // it was made for the release
    } else if (*now) {
        record.after = (*now)->revision;
    }
    // Both say that nothing was touched.
    if (record.touched && (error.code == base::ErrorCode::forbidden || error.code == base::ErrorCode::bad_input)) {
        error.code = base::ErrorCode::helm_failed;
    }
}

}  // namespace

helm::UpgradeOptions upgrade_of(const Run& run, const std::string& chart) {
    const auto& request = run.request();
    return {.release = request.release,
            .chart = chart,
            .values_files = request.values_files,
            .set = request.set,
            .set_string = request.set_string,
            .install = request.action != model::Action::upgrade,
            .timeout = request.timeout};
}

base::Result<void> change_by_helm(const Run& run, Observer& observer, rollout::Judge& judge, const std::string& title,
                                  HelmCall::Work work) {
    TRY(run.before_change());
    run.tools().progress.begin_output_of(title);
    HelmCall call(run, observer, std::move(work));
    auto result = follow_helm(run, observer, judge, call);
    call.end();
    run.tools().progress.end_output();
    if (!result && result.error().code == base::ErrorCode::timed_out) {
        result.error().code = base::ErrorCode::rollout_timed_out;
        for (const auto& hook : judge.hook_pods(observer.view(), run.request().release)) {
            result.error().message += "; of its hooks is at work: pod " + hook.pod + ": " + hook.phrase;
        }
    }
    return result;
}

base::Result<void> apply_release(const Run& run, Observer& observer, rollout::Judge& judge, const WhatToApply& what,
                                 const Preflight& found) {
    PhaseScope phase(run, "helm");
    auto options = upgrade_of(run, what.chart);
    options.set.insert(options.set.end(), what.more_set.begin(), what.more_set.end());
    options.history_max = what.history_max;
    options.conflicts = what.conflicts;
    auto result = change_by_helm(run, observer, judge,
                                 std::string("helm upgrade ") + (options.install ? "--install " : "") + options.release,
                                 [&](const helm::OnLine& on_line, const helm::Scope& scope) {
                                     return run.tools().helm.upgrade(options, on_line, scope);
                                 });
    if (!result) {
        record_what_helm_left(run, found, result.error());
    }
    TRY(std::move(result));
    phase.complete();
    return {};
}

}  // namespace operate
