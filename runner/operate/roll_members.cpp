#include "operate/roll_members.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "operate/await_rollout.hpp"
#include "operate/etcd_members.hpp"
#include "operate/member_changes.hpp"
#include "operate/release.hpp"
#include "operate/survey.hpp"
#include "rollout/roller.hpp"

namespace operate {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;
using Kind = rollout::Step::Kind;

// Between two passes while something is awaited; while a new leader is, for the clients'
// sake, less.
constexpr std::chrono::milliseconds pause{100};
constexpr std::chrono::milliseconds leader_pause{20};
// Between two tries of an eviction, when the server does not say.
constexpr std::chrono::milliseconds first_retry{50};
constexpr std::chrono::milliseconds last_retry{2000};
// For etcd that is slow just now, before each member that serves.
constexpr std::chrono::seconds patience{1};
// A budget that has only not counted a member yet that is just back is not worth a word.
constexpr std::chrono::seconds untold{1};

TimePoint earlier(TimePoint a, std::optional<TimePoint> b) {
    return b ? std::min(a, *b) : a;
}

class Rolling {
public:
    Rolling(const Run& run, Observer& observer, rollout::Judge& judge, const model::StatefulSet& set,
            rollout::Roller::Reach reach, const AvailabilityProbe& probe)
        : run_(run),
          observer_(observer),
          judge_(judge),
          probe_(probe),
          name_(set.meta.name),
          uid_(set.meta.uid),
          changes_(run),
          roller_(run.request().graces,
                  run.request().force_quorum_risk ? rollout::QuorumRisk::taken : rollout::QuorumRisk::avoided, reach,
                  judge.baseline().backing_off),
          narrator_(run.tools().progress) {}

    [[nodiscard]] base::Result<void> go() {
        judge_.expect_replacement(judge_.baseline().backing_off);
        auto gone = step_by_step();
        judge_.expect_replacement({});
        return gone;
    }

private:
    [[nodiscard]] base::Result<void> step_by_step() {
        for (;;) {
            verdict_ = judge_.stateful_set(observer_.view(), name_, uid_, now());
            if (verdict_.cause) {
                return std::unexpected(failed(std::move(*verdict_.cause)));
            }
            const auto& set = observer_.view().stateful_sets().at(name_);  // or it would be gone
            count_blind_time();
            auto step = roller_.without_etcd(observer_.view(), set);
            if (!step && now() < next_pass_) {
                TRY(wait(earlier(next_pass_, verdict_.judge_again)));
                continue;
            }
            std::vector<model::MemberAnswers> answers;
            if (!step) {
                begin(set);
                next_pass_ = now() + pause;
                TRY_ASSIGN(answers, ask(set));
                step = roller_.next(observer_.view(), set, answers, now() - blind_);
                tell_returns();
            }
            if (phase_) {
                narrator_.tell(verdict_.pods, {});
            }
            switch (step->kind) {
                case Kind::done: return finish();
                case Kind::stop: return std::unexpected(stopped(std::move(*step)));
                case Kind::move_leadership: TRY(move_leadership(*step, answers)); break;
                case Kind::replace: TRY(replace(*step)); break;
                case Kind::wait:
                    awaiting_ = step->why;
                    tell_wait(*step);
                    TRY(wait(earlier(step->look_again ? *step->look_again + blind_ : TimePoint::max(),
                                     verdict_.judge_again)));
            }
        }
    }

    [[nodiscard]] TimePoint now() const { return run_.tools().clock.now(); }

    // What passes while a watch is broken is held against no member: it could not come back before our eyes.
    void count_blind_time() {
        const auto looked = std::exchange(last_look_, now());
        if (std::exchange(was_blind_, observer_.view().is_stale())) {
            blind_ += last_look_ - looked;
        }
    }

    // Only a rolling that has something to do is told as a phase.
    void begin(const model::StatefulSet& set) {
        if (!phase_) {
            total_ = roller_.due(observer_.view(), set).size();
            phase_.emplace(run_, "rolling");
        }
    }

    base::Result<void> finish() {
        if (phase_) {
            phase_->complete();
            phase_.reset();
        }
        return {};
    }

    base::Result<std::vector<model::MemberAnswers>> ask(const model::StatefulSet& set) {
        if (!members_) {
            TRY_ASSIGN(members_, EtcdMembers::open(run_, set));
        }
        return survey(run_, *members_, observer_.view(), set);
    }

    base::Result<void> wait(TimePoint until) {
        if (run_.stop().stop_requested() || now() >= run_.deadline()) {
            auto cause = what_is_missing(verdict_, observer_.view());
            if (cause.pod.empty()) {
                cause.headline = "the time is up while waiting " + awaiting_;
            }
            record_cause(run_, std::move(cause));
            return std::unexpected(
                run_.interrupted(base::ErrorCode::rollout_timed_out, "replacing members, waiting " + awaiting_));
        }
        TRY(observer_.next(std::min(run_.deadline(), until)));
        return {};
    }

    // Kubernetes' own part of a return is told by the pods' lines.
    void tell_wait(const rollout::Step& step) {
        if (step.look_again && step.why != told_) {
            told_ = step.why;
            run_.tools().progress.line("waiting " + step.why);
        }
    }

    void tell_returns() {
        for (const auto& back : roller_.returned()) {
            // The last one: on the way back a pod may be replaced that has never come back before.
            auto newest_first = run_.record().replacements | std::views::reverse;
            const auto record = std::ranges::find_if(
                newest_first, [&](const auto& one) { return one.pod == back.pod && !one.is_back; });
            if (record == newest_first.end()) {
                continue;
            }
            record->is_back = true;
            record->took = std::chrono::duration_cast<std::chrono::milliseconds>(now() - taken_down_.at(back.pod));
            run_.tools().progress.line(back.pod + " is back after " + base::human_duration(record->took) + ", " +
                                       std::to_string(back.entries_behind) + " entries behind");
        }
    }

    // Once for each pod, however often it is tried.
    void tell_replacement(const rollout::Step& step) {
        if (!told_pods_.insert(step.uid).second) {
            return;
        }
        const auto number = std::min(told_pods_.size(), std::max(total_, told_pods_.size()));
        run_.tools().progress.line("replacing " + step.pod + " (" + std::to_string(number) + " of " +
                                   std::to_string(std::max(total_, number)) +
                                   "): " + (moved_from_ == step.pod ? "leader until now" : step.why) + ", " +
                                   step.reason + (step.note.empty() ? "" : " (" + step.note + ")"));
        if (!step.risk.empty()) {
            run_.warn(step.risk);
        }
    }

    base::Result<void> replace(const rollout::Step& step) {
        if (next_uid_ != step.uid) {
            next_uid_ = step.uid;
            patient_until_ = now() + patience;
            refused_since_.reset();
            retry_ = first_retry;
        }
        if (!step.may_delete && !probe_.writes_fast() && now() < patient_until_) {
            awaiting_ = "until etcd writes as fast as before";
            return wait(next_pass_);
        }
        // Renewing the lock may take as long as the API server is away: what was seen before is old then.
        const auto surveyed = now();
        TRY(run_.before_change());
        if (now() >= surveyed + survey_limit) {
            return {};  // looks again
        }
        tell_replacement(step);
        TRY_ASSIGN(auto outcome, changes_.evict(step.pod, step.uid));
        if (outcome.kind == kube::Departure::Kind::refused && step.may_delete) {
            run_.tools().progress.line(step.pod + " cannot be evicted (" + outcome.reason +
                                       "): it is deleted, since no budget would ever let it go");
            TRY_ASSIGN(outcome, changes_.remove(step.pod, step.uid));
        }
        switch (outcome.kind) {
            case kube::Departure::Kind::granted:
                roller_.replaced(step.pod, step.uid);
                taken_down_[step.pod] = now();
                run_.record().replacements.push_back({.pod = step.pod,
                                                      .role = moved_from_ == step.pod ? "leader" : step.why,
                                                      .successor = moved_from_ == step.pod ? moved_to_ : ""});
                return {};
            case kube::Departure::Kind::gone: awaiting_ = "for news of " + step.pod; return wait(now() + pause);
            case kube::Departure::Kind::refused: break;
        }
        if (!refused_since_) {
            refused_since_ = now();
        } else if (now() >= *refused_since_ + untold && told_ != outcome.reason) {
            told_ = outcome.reason;
            run_.tools().progress.line(step.pod + " may not go yet: " + outcome.reason);
        }
        const auto again = now() + (outcome.retry_after.count() > 0 ? outcome.retry_after : retry_);
        retry_ = std::min(retry_ * 2, last_retry);
        next_pass_ = again;
        awaiting_ = "until " + step.pod + " may be evicted: " + outcome.reason;
        return wait(again);
    }

    base::Result<void> move_leadership(const rollout::Step& step, const std::vector<model::MemberAnswers>& answers) {
        run_.tools().progress.line("moving leadership from " + step.pod + " to " + step.successor);
        roller_.leadership_asked();
        next_pass_ = now() + leader_pause;
        const auto target = std::ranges::find(answers, step.successor, &model::MemberAnswers::pod);
        const auto leader = observer_.view().pods().find(step.pod);
        if (target == answers.end() || !target->status || leader == observer_.view().pods().end()) {
            return {};  // looks again
        }
        TRY_ASSIGN(const auto* member, members_->member(leader->second));
        const etcd::Scope scope{.stop = run_.stop(), .deadline = std::min(run_.deadline(), now() + survey_limit)};
        if (auto moved = changes_.move_leadership(target->status->member_id, member->transport(scope)); !moved) {
            if (run_.stop().stop_requested()) {
                return moved;
            }
            run_.tools().progress.line("leadership did not move: " + moved.error().text());
            next_pass_ = now() + pause;
            return {};
        }
        moved_from_ = step.pod;
        moved_to_ = step.successor;
        return {};
    }

    // "etcd-1 and etcd-0 were not touched and run as before"
    [[nodiscard]] std::string untouched() const {
        const auto set = observer_.view().stateful_sets().find(name_);
        const auto left = set == observer_.view().stateful_sets().end()
                              ? std::vector<std::string>()
                              : rollout::due(observer_.view(), set->second, {});
        return left.empty() ? "" : "the rolling stopped there: " + base::join(left, ", ") + " run as before";
    }

    base::Error failed(model::Cause cause) {
        const auto text = untouched();
        if (!text.empty()) {
            cause.evidence.push_back(text);
        }
        auto error = hopeless(run_, std::move(cause));
        if (!text.empty()) {
            run_.tools().progress.line(text);
        }
        return error;
    }

    base::Error stopped(rollout::Step step) {
        if (const auto text = untouched(); !text.empty()) {
            run_.tools().progress.line(text);
        }
        return {.code = base::ErrorCode::rollout_failed,
                .message = std::move(step.why),
                .context = {},
                .hint = std::move(step.hint),
                .command = {}};
    }

    const Run& run_;
    Observer& observer_;
    rollout::Judge& judge_;
    const AvailabilityProbe& probe_;
    std::string name_;
    std::string uid_;
    MemberChanges changes_;
    rollout::Roller roller_;
    Narrator narrator_;
    rollout::Verdict verdict_;
    std::optional<PhaseScope> phase_;
    std::optional<EtcdMembers> members_;
    std::size_t total_ = 0;
    TimePoint next_pass_{};
    TimePoint last_look_{};
    bool was_blind_ = false;
    TimePoint::duration blind_{};
    std::string awaiting_ = "for the members";  // "until etcd-2 is back"
    std::string told_;
    std::set<std::string> told_pods_;              // UIDs
    std::map<std::string, TimePoint> taken_down_;  // by pod
    std::string moved_from_;
    std::string moved_to_;
    std::string next_uid_;  // of the pod that is to be replaced
    TimePoint patient_until_{};
    std::optional<TimePoint> refused_since_;
    std::chrono::milliseconds retry_ = first_retry;
};

// A pod that was refused before the run is tried again now, and not minutes later.
void wake_controllers(const Run& run, const rollout::View& view, const rollout::Baseline& before) {
    for (const auto* set : release_sets(view, run.request().release)) {
        const auto* refused = rollout::creation_refused(view, set->meta.uid);
        const bool lacks_pods = std::ssize(view.pods_of(set->meta.uid)) < set->replicas;
        if (lacks_pods && refused != nullptr && before.has(refused->meta)) {
            run.tools().progress.line("StatefulSet " + set->meta.name +
                                      " has pods that were refused before: they are tried again now");
            if (auto woken = MemberChanges(run).wake_controller(*set); !woken) {
                run.warn("Kubernetes tries them again by itself, within a quarter of an hour: " + woken.error().text());
            }
        }
    }
}

}  // namespace

base::Result<void> roll_members(const Run& run, Observer& observer, rollout::Judge& judge, const RollingPlan& plan,
                                AvailabilityProbe& probe) {
    TRY_ASSIGN(const auto* set, etcd_set(observer.view(), run.request().release));
    wake_controllers(run, observer.view(), judge.baseline());
    if (!rollout::due(observer.view(), *set, judge.baseline().backing_off).empty()) {
        probe.start_before_rolling(observer.view());
    }
    if (set->on_delete) {  // whoever wanted it so: Kubernetes replaces none of them
        TRY(Rolling(run, observer, judge, *set, rollout::Roller::Reach::all, probe).go());
    } else if (plan.frees_stuck) {
        TRY(Rolling(run, observer, judge, *set, rollout::Roller::Reach::stuck, probe).go());
    } else if (plan.is_orchestrated) {
        run.warn(
            "the chart's StatefulSet is not OnDelete although its value updateStrategy.type is: Kubernetes "
            "replaces the members by itself");
    }
    return await_rollout(run, observer, judge);
}

}  // namespace operate
