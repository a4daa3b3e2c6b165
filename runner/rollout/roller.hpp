// Pure: the next step of replacing outdated members one at a time.
//
// Members that serve nothing come first (to replace them costs no quorum, and may be what
// heals them), then followers, the leader last, after leadership was moved away. The next one
// only when the last is back: its pod ready, answering, caught up, without an alarm that
// was not there before, all members agreeing on one leader. A member that is not outdated is never
// touched, unless it has crashed or lacked its image since before the run: it serves nothing, and the kubelet would
// let it wait for minutes before it could show whether it is well by now. Each step is founded on what is seen now: a
// rolling that was broken off is simply gone on with.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/etcd.hpp"
#include "model/graces.hpp"
#include "model/kubernetes.hpp"
#include "rollout/quorum_guard.hpp"
#include "rollout/view.hpp"

namespace rollout {

struct Step {
    enum class Kind {
        wait,             // `why` tells for what
        move_leadership,  // from `pod` to `successor`
        replace,          // `pod`, with just this `uid`; `why` is what it is
        stop,             // nothing more may be done: `why`, and `hint`
        done,             // no member is outdated, and those that were replaced are back
    };
    Kind kind = Kind::wait;
    std::string pod = {};
    std::string uid = {};
    std::string successor = {};
    std::string why = {};
    std::string reason = {};  // of replace: why it is due, "template changed"
    std::string hint = {};
    std::string note = {};    // of replace: what it costs
    std::string risk = {};    // of replace: what the user takes upon himself
    bool may_delete = false;  // of replace: when it cannot be evicted, and a budget would protect it for ever
    // When to look again though nothing changes.
    std::optional<std::chrono::steady_clock::time_point> look_again = {};
};

// A member that was replaced and is back.
struct Returned {
    std::string pod;
    std::uint64_t entries_behind = 0;  // of the raft log
};

// Names of the pods that are outdated, or that the kubelet lets wait since before the run (`backing_off`: UIDs).
[[nodiscard]] std::vector<std::string> due(const View& view, const model::StatefulSet& set,
                                           const std::set<std::string>& backing_off);

// Decides one run's rolling. Not thread-safe.
class Roller {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    // Which of the outdated members are to be replaced: all, or only those that are not ready,
    // since Kubernetes, which replaces the others, may wait for these for ever.
    // https://github.com/kubernetes/kubernetes/issues/67250
    enum class Reach { all, stuck };

    // `backing_off`: UIDs of pods that the kubelet lets wait since before the run (Baseline).
    Roller(model::Graces graces, QuorumRisk risk, Reach reach = Reach::all, std::set<std::string> backing_off = {})
        : graces_(graces), risk_(risk), reach_(reach), backing_off_(std::move(backing_off)) {}

    // The step that pods alone decide; nothing when the members have to be asked.
    [[nodiscard]] std::optional<Step> without_etcd(const View& view, const model::StatefulSet& set) const;
    // The step, given what the members answer: one entry for each that was asked, by its pod's name.
    [[nodiscard]] Step next(const View& view, const model::StatefulSet& set,
                            const std::vector<model::MemberAnswers>& answers, TimePoint now);

    // What was done of it. A pod that was replaced is awaited from then on.
    void replaced(const std::string& pod, const std::string& uid);
    void leadership_asked() { ++leadership_asked_; }
    // Those that came back since this was asked last.
    [[nodiscard]] std::vector<Returned> returned() { return std::exchange(returned_, {}); }
    // Pods that are to be replaced still.
    [[nodiscard]] std::vector<std::string> due(const View& view, const model::StatefulSet& set) const {
        return rollout::due(view, set, backing_off_);
    }

private:
    struct Awaited {
        std::string uid;  // of the pod that had to go
        std::optional<TimePoint> runs_since;
    };
    struct Member;
    struct Cluster;

    [[nodiscard]] Cluster describe(const View& view, const model::StatefulSet& set,
                                   const std::vector<model::MemberAnswers>& answers, TimePoint now);
    [[nodiscard]] std::optional<Step> await_returns(const Cluster& cluster, TimePoint now);
    // Empty when each member's state is as clear as it can be.
    [[nodiscard]] std::optional<Step> await_clarity(const Cluster& cluster, TimePoint now) const;
    [[nodiscard]] Step take_down(const Cluster& cluster, const Member& member, TimePoint now);

    model::Graces graces_;
    QuorumRisk risk_;
    Reach reach_;
    std::set<std::string> backing_off_;
    std::map<std::string, Awaited> awaited_;         // by pod
    std::map<std::string, TimePoint> unwell_since_;  // by the pod's name
    std::optional<std::set<std::pair<std::uint64_t, std::string>>> known_alarms_;
    std::vector<Returned> returned_;
    bool had_quorum_ = true;
    int leadership_asked_ = 0;
};

}  // namespace rollout
