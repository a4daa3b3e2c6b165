// Pure: the state of a StatefulSet's rollout, judged from its pods.
// Kubernetes' own counters are not enough: readyReplicas counts old and terminating
// pods (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/kubernetes.hpp"
#include "model/record.hpp"
#include "rollout/problem.hpp"
#include "rollout/view.hpp"

namespace rollout {

// In the order in which they are judged: the first that fits is the state.
enum class State {
    gone,                  // deleted, or replaced by another object of the same name
    unobserved,            // the controller has not seen the new spec yet
    hopeless,              // waiting does not help; the verdict has the cause
    scaling,               // pods are missing or superfluous
    waiting_for_operator,  // OnDelete with outdated pods
    rolling,               // outdated pods remain, or one is being deleted
    settling,              // not all ready (for minReadySeconds)
    done,
};

struct PodLine {
    std::string pod;
    std::string phrase;
    friend bool operator==(const PodLine&, const PodLine&) = default;
};

struct Verdict {
    State state = State::unobserved;
    std::string summary;  // "2 of 3 pods ready, 1 outdated"
    std::vector<PodLine> pods;
    std::optional<model::Cause> cause;  // when hopeless or gone
    // When to judge again though nothing changes: a grace ends then.
    std::optional<std::chrono::steady_clock::time_point> judge_again;
};

// Judges one run's rollout; remembers since when each problem lasts. While the view is stale nothing is
// hopeless for lasting too long, and that time counts for no grace. Not thread-safe.
class Judge {
public:
    explicit Judge(Graces graces, Baseline baseline) : graces_(graces), baseline_(std::move(baseline)) {}

    // `uid`: of the StatefulSet that is expected.
    [[nodiscard]] Verdict stateful_set(const View& view, const std::string& name, const std::string& uid,
                                       std::chrono::steady_clock::time_point now);
    // Hooks (Jobs and pods) of the release that cannot run; empty while there is hope.
    [[nodiscard]] std::optional<model::Cause> hooks(const View& view, const std::string& release,
                                                    std::chrono::steady_clock::time_point now);
    // A line for each pod of these hooks.
    [[nodiscard]] std::vector<PodLine> hook_pods(const View& view, const std::string& release) const;
    // A hook of this run with a failure, the final one or one that it may get over:
    // what to tell when helm fails. The newest; empty when none has failed.
    [[nodiscard]] std::optional<model::Cause> failed_hook(const View& view, const std::string& release) const;
    // Pods of deleted owners that do not go away; empty while there is hope.
    [[nodiscard]] std::optional<model::Cause> leaving(const View& view, const std::vector<std::string>& owner_uids,
                                                      std::chrono::steady_clock::time_point now);
    [[nodiscard]] const Baseline& baseline() const { return baseline_; }
    // Members (UIDs) that are replaced soon because they back off: until then they are not judged for that.
    void expect_replacement(std::set<std::string> uids) { to_be_replaced_ = std::move(uids); }
    // When to ask `hooks` or `leaving` again though nothing changes: a grace ends then.
    [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> judge_again() const { return judge_again_; }

private:
    struct Lasting {
        std::string kind;
        std::chrono::steady_clock::time_point since;
    };
    // What is wrong with a member, as far as it counts against this rollout.
    [[nodiscard]] std::optional<Problem> member_problem(const model::Pod& pod, const model::StatefulSet& set,
                                                        const View& view) const;
    // Before anything is judged: whether we see, and if so, again after a while without sight.
    void mind_sight(const View& view, std::chrono::steady_clock::time_point now);
    // Sets the cause when something is hopeless, and otherwise when to judge again.
    void judge_problems(const View& view, const model::StatefulSet& set, const std::vector<const model::Pod*>& pods,
                        std::chrono::steady_clock::time_point now, Verdict& verdict);
    // A hook that helm has made in this run and waits for: a Job with its pods, or a pod.
    struct Hook {
        std::string title;      // "hook Job etcd-migrate"
        const model::Job* job;  // null: a pod
        std::vector<const model::Pod*> pods;
    };
    [[nodiscard]] std::vector<Hook> open_hooks(const View& view, const std::string& release) const;
    [[nodiscard]] std::optional<Problem> hook_pod_problem(const Hook& hook, const model::Pod& pod,
                                                          const View& view) const;
    // What keeps a hook's Job from its end, beside what its pods lack.
    [[nodiscard]] std::optional<Problem> job_problem(const model::Job& job, const std::vector<const model::Pod*>& pods,
                                                     const View& view) const;
    // True when the problem of this object has outlived its grace.
    bool outlived(const std::string& object, const std::optional<Problem>& problem,
                  std::chrono::steady_clock::time_point now,
                  std::optional<std::chrono::steady_clock::time_point>& judge_again);

    Graces graces_;
    Baseline baseline_;
    std::set<std::string> to_be_replaced_;
    std::map<std::string, Lasting> lasting_;  // by the object's UID
    // A container in a crash loop runs in between, and may then have another problem: its clock goes on.
    std::map<std::string, std::chrono::steady_clock::time_point> crashing_since_;  // by the pod's UID
    std::optional<std::chrono::steady_clock::time_point> blind_since_;
    std::optional<std::chrono::steady_clock::time_point> judge_again_;
};

}  // namespace rollout
