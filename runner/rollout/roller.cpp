#include "rollout/roller.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "rollout/problem.hpp"
#include "rollout/revision.hpp"

namespace rollout {
namespace {

using TimePoint = Roller::TimePoint;

// Entries of the raft log that a member may lack: those that are written while it is asked.
constexpr std::uint64_t caught_up = 1000;
// How long a member that runs must be ill before it counts as that: an election takes about a
// second, a start some more.
constexpr std::chrono::seconds lasting{3};
constexpr std::chrono::seconds lasting_when_new{15};
constexpr std::chrono::milliseconds pause{100};
constexpr int most_moves = 3;
constexpr std::size_t trouble_limit = 200;

Step wait_for(std::string why, std::optional<TimePoint> look_again = {}) {
    return {.kind = Step::Kind::wait, .why = std::move(why), .look_again = look_again};
}

const model::Pod* find_pod(const std::vector<const model::Pod*>& pods, const std::string& name) {
    const auto found = std::ranges::find_if(pods, [&](const auto* pod) { return pod->meta.name == name; });
    return found == pods.end() ? nullptr : *found;
}

std::string pod_name(const model::StatefulSet& set, int index) {
    return set.meta.name + "-" + std::to_string(set.first_ordinal + index);
}

// What most of those that serve say: the cluster and its leader.
using Word = std::pair<std::uint64_t, std::uint64_t>;

Word common_word(const std::vector<model::MemberAnswers>& answers) {
    std::map<Word, int> says;
    for (const auto& one : answers) {
        if (one.status && one.linearizable_read && one.status->leader_id != 0) {
            ++says[{one.status->cluster_id, one.status->leader_id}];
        }
    }
    const auto most = std::ranges::max_element(says, {}, [](const auto& entry) { return entry.second; });
    return most == says.end() ? Word{0, 0} : most->first;
}

std::vector<model::Alarm> alarms_in(const std::vector<model::MemberAnswers>& answers) {
    std::vector<model::Alarm> all;
    for (const auto& one : answers) {
        for (const auto& alarm : one.alarms.value_or(std::vector<model::Alarm>())) {
            all.push_back(alarm);
        }
    }
    return all;
}

}  // namespace

struct Roller::Member {
    std::string name;
    const model::Pod* pod = nullptr;  // never null
    const model::MemberStatus* status = nullptr;
    bool is_due = false;
    bool is_outdated = false;
    bool is_learner = false;
    bool is_well = false;  // as a voter, or as the learner that it is
    std::string trouble;   // when it is not well
    std::uint64_t behind = 0;
    std::optional<TimePoint> unwell_since;
};

struct Roller::Cluster {
    std::vector<Member> members;  // by ordinals
    std::vector<Voter> voters;
    std::uint64_t leader_id = 0;
    std::string new_alarm;  // "NOSPACE of etcd-1"; empty: none since we look
    // Who answers a linearizable read has heard of a quorum, whoever else says nothing to us.
    [[nodiscard]] bool has_quorum() const { return std::ranges::any_of(voters, &Voter::is_well); }
    [[nodiscard]] const Member* find(const std::string& name) const {
        const auto found = std::ranges::find(members, name, &Member::name);
        return found == members.end() ? nullptr : &*found;
    }
    [[nodiscard]] bool leads(const Member& member) const {
        return member.is_well && member.status != nullptr && member.status->member_id == leader_id;
    }
};

namespace {

bool is_due(const model::Pod& pod, const model::StatefulSet& set, const std::set<std::string>& backing_off) {
    return is_outdated(pod, set) || (backing_off.contains(pod.meta.uid) && backs_off(pod));
}

std::string trouble_of(const model::Pod& pod, const model::MemberAnswers* answers, const Word& word, const View& view) {
    if (!runs(pod)) {
        return pod_phrase(pod, view);
    }
    if (answers == nullptr || !answers->status || (!answers->linearizable_read && !answers->status->is_learner)) {
        const bool says_why = answers != nullptr && !answers->failures.empty();
        return says_why ? base::shorten(base::printable(answers->failures.front()), trouble_limit)
                        : "does not answer a linearizable read";
    }
    const auto& status = *answers->status;
    if (word.first != 0 && status.cluster_id != word.first) {
        return "belongs to another cluster than the others";
    }
    if (status.leader_id == 0 || status.leader_id != word.second) {
        return status.leader_id == 0 ? "knows no leader" : "names another leader than the others";
    }
    return {};
}

}  // namespace

std::vector<std::string> due(const View& view, const model::StatefulSet& set,
                             const std::set<std::string>& backing_off) {
    std::vector<std::string> names;
    for (const auto* pod : view.pods_of(set.meta.uid)) {
        if (is_in_range(*pod, set) && is_due(*pod, set, backing_off)) {
            names.push_back(pod->meta.name);
        }
    }
    return names;
}

std::optional<Step> Roller::without_etcd(const View& view, const model::StatefulSet& set) const {
    if (set.status.observed_generation < set.meta.generation || set.status.update_revision.empty()) {
        return wait_for("until the StatefulSet's controller has seen the change");
    }
    const auto pods = view.pods_of(set.meta.uid);
    if (due(view, set).empty() && awaited_.empty()) {
        return Step{.kind = Step::Kind::done};
    }
    int ready = 0;
    for (const auto* pod : pods) {
        if (pod->terminating()) {
            return wait_for("until pod " + pod->meta.name + " is gone");
        }
        if (!is_in_range(*pod, set)) {
            return wait_for("until pod " + pod->meta.name + ", which is one too many, is gone");
        }
        ready += pod->ready() ? 1 : 0;
    }
    // Under OrderedReady a pod that is not ready keeps the next from being made: only when it is replaced they come.
    const bool blocks_others = set.ordered_ready && std::ranges::any_of(pods, [&](const auto* pod) {
                                   return !pod->ready() && is_due(*pod, set, backing_off_);
                               });
    for (int index = 0; index < set.replicas && !blocks_others; ++index) {
        if (find_pod(pods, pod_name(set, index)) == nullptr) {
            return wait_for("until pod " + pod_name(set, index) + " is made");
        }
    }
    for (const auto& [name, awaited] : awaited_) {
        const auto* pod = find_pod(pods, name);
        if (pod == nullptr) {
            continue;  // its ordinal is not asked for any more
        }
        if (pod->meta.uid == awaited.uid) {
            return wait_for("until pod " + name + " goes");
        }
        // Without a quorum none becomes ready before others are back as well.
        if (!runs(*pod) || (!pod->ready() && had_quorum_)) {
            return wait_for("until " + name + " is back: " + pod_phrase(*pod, view));
        }
    }
    if (set.min_ready_seconds > 0 && set.status.available_replicas < ready) {
        return wait_for("until each has been ready for " + std::to_string(set.min_ready_seconds) + " s");
    }
    return std::nullopt;
}

Roller::Cluster Roller::describe(const View& view, const model::StatefulSet& set,
                                 const std::vector<model::MemberAnswers>& answers, TimePoint now) {
    Cluster cluster;
    const auto word = common_word(answers);
    cluster.leader_id = word.second;
    std::uint64_t newest = 0;
    const std::vector<model::ListedMember>* listed = nullptr;
    for (const auto& one : answers) {
        if (one.status && one.status->cluster_id == word.first && one.linearizable_read) {
            newest = std::max(newest, one.status->raft_index);
            listed = one.members ? &*one.members : listed;
        }
    }
    const auto alarms = alarms_in(answers);
    const auto pods = view.pods_of(set.meta.uid);
    for (int index = 0; index < set.replicas; ++index) {
        Member member{.name = pod_name(set, index)};
        member.pod = find_pod(pods, member.name);
        if (member.pod == nullptr) {
            continue;  // without_etcd waits for it
        }
        const auto answered = std::ranges::find(answers, member.name, &model::MemberAnswers::pod);
        const auto* said = answered == answers.end() ? nullptr : &*answered;
        member.status = said != nullptr && said->status ? &*said->status : nullptr;
        member.is_due = is_due(*member.pod, set, backing_off_);
        member.is_outdated = is_outdated(*member.pod, set);
        member.is_learner = member.status != nullptr && member.status->is_learner;
        member.trouble = trouble_of(*member.pod, said, word, view);
        if (member.trouble.empty()) {
            member.behind = newest - std::min(newest, member.status->raft_index);
            const bool is_corrupt = std::ranges::any_of(alarms, [&](const auto& alarm) {
                return alarm.member_id == member.status->member_id && alarm.type == "CORRUPT";
            });
            member.trouble = is_corrupt                  ? "has raised the alarm CORRUPT"
                             : member.behind > caught_up ? std::to_string(member.behind) + " entries behind"
                                                         : "";
        }
        member.is_well = member.trouble.empty();
        if (member.is_well) {
            unwell_since_.erase(member.name);
        } else {
            member.unwell_since = unwell_since_.try_emplace(member.name, now).first->second;
        }
        cluster.members.push_back(std::move(member));
    }
    const auto as_voter = [](const Member& member) {
        return Voter{.name = member.name,
                     .is_well = member.is_well,
                     .is_ready = member.pod->ready(),
                     .runs = runs(*member.pod),
                     .trouble = member.trouble};
    };
    if (listed == nullptr) {
        std::ranges::transform(cluster.members, std::back_inserter(cluster.voters), as_voter);
    }
    std::set<std::string> matched;
    for (const auto& one : listed == nullptr ? std::vector<model::ListedMember>() : *listed) {
        if (one.is_learner) {
            continue;
        }
        const auto is_it = [&](const Member& member) {
            return member.status != nullptr && member.status->cluster_id == word.first
                       ? member.status->member_id == one.id
                       : member.name == one.name;
        };
        const auto known = std::ranges::find_if(cluster.members, is_it);
        if (known != cluster.members.end()) {
            matched.insert(known->name);
            cluster.voters.push_back(as_voter(*known));
        } else {
            cluster.voters.push_back({.name = one.name.empty() ? "member " + model::hex_id(one.id) : one.name,
                                      .is_well = false,
                                      .is_ready = false,
                                      .runs = false,
                                      .trouble = one.name.empty() ? "was added to etcd, but has never started"
                                                                  : "is a member of etcd, but no pod runs it"});
        }
    }
    // Who says nothing of itself, and whom etcd's list does not call by its pod's name, may be any of the voters.
    for (const auto& member : cluster.members) {
        if (listed != nullptr && member.status == nullptr && !matched.contains(member.name)) {
            cluster.voters.push_back(as_voter(member));
        }
    }
    if (!known_alarms_ && std::ranges::any_of(answers, [](const auto& one) { return one.alarms.has_value(); })) {
        known_alarms_.emplace();
        for (const auto& alarm : alarms) {
            known_alarms_->emplace(alarm.member_id, alarm.type);
        }
    }
    for (const auto& alarm : alarms) {
        if (known_alarms_ && !known_alarms_->contains({alarm.member_id, alarm.type})) {
            cluster.new_alarm = alarm.type;
        }
    }
    had_quorum_ = cluster.has_quorum();
    return cluster;
}

std::optional<Step> Roller::await_returns(const Cluster& cluster, TimePoint now) {
    const bool nothing_to_lose = !cluster.has_quorum() && std::ranges::any_of(cluster.members, [](const auto& member) {
        return member.is_due && !member.is_well;
    });
    for (auto awaited = awaited_.begin(); awaited != awaited_.end();) {
        const auto* member = cluster.find(awaited->first);
        if (member == nullptr) {
            awaited = awaited_.erase(awaited);
            continue;
        }
        if (member->is_well && member->pod->ready() && cluster.new_alarm.empty()) {
            returned_.push_back({.pod = member->name, .entries_behind = member->behind});
            awaited = awaited_.erase(awaited);
            continue;
        }
        if (nothing_to_lose && runs(*member->pod)) {
            ++awaited;
            continue;
        }
        if (!awaited->second.runs_since) {
            awaited->second.runs_since = now;
        }
        const std::string trouble = !member->is_well             ? member->trouble
                                    : !cluster.new_alarm.empty() ? "since then there is the alarm " + cluster.new_alarm
                                                                 : "its pod is not ready";
        if (now >= *awaited->second.runs_since + graces_.not_ready) {
            return Step{
                .kind = Step::Kind::stop,
                .pod = member->name,
                .why = member->name + " runs, but did not come back in time: " + trouble,
                .hint = "see its log (kubectl logs " + member->name +
                        "), and etcd-deploy diagnose; if members are only slow here, raise the grace not-ready"};
        }
        return wait_for("until " + member->name + " is back: " + trouble, now + pause);
    }
    return std::nullopt;
}

std::optional<Step> Roller::await_clarity(const Cluster& cluster, TimePoint now) const {
    for (const auto& member : cluster.members) {
        if (member.is_well || !runs(*member.pod) || awaited_.contains(member.name)) {
            continue;
        }
        const auto clear = *member.unwell_since + (member.is_due ? lasting : lasting_when_new);
        // Without leave to risk quorum it is the guard that waits for those that are new.
        const bool matters = member.is_due || risk_ == QuorumRisk::taken;
        if (matters && now < clear) {
            return wait_for("to see whether it stays so: " + member.name + ": " + member.trouble, now + pause);
        }
    }
    return std::nullopt;
}

Step Roller::take_down(const Cluster& cluster, const Member& member, TimePoint now) {
    auto permission = may_be_taken_down(cluster.voters, member.name, risk_);
    if (!permission.is_given) {
        // Those that have a pod may recover by themselves, or just be starting.
        const bool may_recover = std::ranges::any_of(cluster.members, [&](const auto& other) {
            return other.unwell_since && now < *other.unwell_since + graces_.not_ready;
        });
        if (may_recover) {
            return wait_for("until the others are well: " + permission.reason, now + pause);
        }
        return {.kind = Step::Kind::stop,
                .pod = member.name,
                .why = std::move(permission.reason),
                .hint = std::move(permission.hint)};
    }
    // No budget ever lets one of one or two go.
    const bool is_outage = !permission.note.empty();
    // By force a budget is passed as well: with a member down it would never let another go.
    const bool is_forced = !permission.risk.empty();
    Step step{.kind = Step::Kind::replace,
              .pod = member.name,
              .uid = member.pod->meta.uid,
              .why = !member.is_well         ? "served nothing"
                     : member.is_learner     ? "learner"
                     : cluster.leads(member) ? "leader"
                                             : "follower",
              .reason = member.is_outdated ? "template changed" : "tried again at once",
              .note = member.is_well ? permission.note : member.trouble,
              .risk = std::move(permission.risk),
              .may_delete = !member.is_well || !member.pod->ready() || is_outage || is_forced};
    if (!cluster.leads(member)) {
        return step;
    }
    const Member* successor = nullptr;
    for (const auto& other : cluster.members) {
        if (!other.is_well || other.is_learner || &other == &member) {
            continue;
        }
        const auto rank = [](const Member& one) { return std::pair(!one.is_outdated && one.pod->ready(), one.name); };
        if (successor == nullptr || rank(other) > rank(*successor)) {
            successor = &other;
        }
    }
    if (successor == nullptr) {
        return step;
    }
    if (leadership_asked_ >= most_moves) {
        step.note = "leadership does not move to " + successor->name + ": etcd hands it over itself when it ends";
        return step;
    }
    return {.kind = Step::Kind::move_leadership, .pod = member.name, .uid = step.uid, .successor = successor->name};
}

Step Roller::next(const View& view, const model::StatefulSet& set, const std::vector<model::MemberAnswers>& answers,
                  TimePoint now) {
    if (auto step = without_etcd(view, set)) {
        return *step;
    }
    const auto cluster = describe(view, set, answers, now);
    if (auto step = await_returns(cluster, now)) {
        return *step;
    }
    if (auto step = await_clarity(cluster, now)) {
        return *step;
    }
    // The lowest goes first; of equals the highest ordinal, as Kubernetes has it.
    const auto rank = [&](const Member& member) {
        if (!member.is_well) {
            return runs(*member.pod) ? 1 : 0;
        }
        if (cluster.leads(member)) {
            return 4;
        }
        // One that serves and is not ready holds up the budget for the others.
        return !member.pod->ready() ? 1 : member.is_learner ? 2 : 3;
    };
    const Member* first = nullptr;
    for (const auto& member : cluster.members) {
        const bool is_reached = reach_ == Reach::all || !member.pod->ready();
        if (member.is_due && is_reached && (first == nullptr || rank(member) <= rank(*first))) {
            first = &member;
        }
    }
    if (first == nullptr) {
        return awaited_.empty() ? Step{.kind = Step::Kind::done} : wait_for("until all are back", now + pause);
    }
    return take_down(cluster, *first, now);
}

void Roller::replaced(const std::string& pod, const std::string& uid) {
    awaited_[pod] = {.uid = uid, .runs_since = {}};
    unwell_since_.erase(pod);
}

}  // namespace rollout
