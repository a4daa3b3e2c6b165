#include "plan/forecast.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "rollout/problem.hpp"
#include "rollout/revision.hpp"
#include "rollout/view.hpp"

namespace plan {
namespace {

constexpr std::string_view template_path = "spec.template.";

// How many of so many members may fail before there is no majority left.
std::size_t tolerance(std::size_t members) {
    return members == 0 ? 0 : (members - 1) / 2;
}

struct Member {
    const model::Pod* pod = nullptr;
    std::int32_t ordinal = 0;
    bool is_leader = false;
    bool serves = true;
    bool is_retry = false;
};

Member member_of(const model::Pod& pod, const Change& change) {
    // Only those that run are asked: with no answer one serves nothing. When nobody was asked at all Kubernetes' word
    // counts.
    Member member{
        .pod = &pod, .ordinal = rollout::ordinal(pod.meta.name), .serves = change.members.empty() && pod.ready()};
    const auto told = std::ranges::find(change.members, pod.meta.name, &model::MemberAnswers::pod);
    if (told != change.members.end()) {
        member.serves = told->status && told->linearizable_read;
        member.is_leader =
            told->status && told->status->leader_id != 0 && told->status->leader_id == told->status->member_id;
    }
    return member;
}

std::string role_of(const Member& member, const Change& change) {
    if (change.members.empty()) {
        return {};
    }
    return !member.serves ? "serves nothing" : member.is_leader ? "leader" : "follower";
}

// Those that serve nothing, then followers, the leader last; the highest ordinal first.
bool goes_before(const Member& one, const Member& other) {
    const auto rank = [](const Member& member) {
        return std::tuple(member.serves ? 1 : 0, member.serves && member.is_leader ? 1 : 0, -member.ordinal);
    };
    return rank(one) < rank(other);
}

bool is_of_same_template(const model::Pod& pod, const Change& change) {
    return std::ranges::find(change.same_revisions, rollout::revision_of(pod)) != change.same_revisions.end();
}

bool is_asked_for(std::int32_t ordinal, const model::StatefulSet& set) {
    return ordinal >= set.first_ordinal && ordinal < set.first_ordinal + set.replicas;
}

}  // namespace

model::Forecast forecast(const Change& change) {
    model::Forecast result{.members = static_cast<std::size_t>(std::max(change.after.replicas, 0)),
                           .is_orchestrated = change.is_orchestrated};
    for (const auto& field : change.fields) {
        if (field.path.starts_with(template_path)) {
            result.causes.push_back(field.path.substr(template_path.size()));
        }
    }
    std::vector<Member> restarting;
    for (const auto& pod : change.pods) {
        const auto member = member_of(pod, change);
        const bool is_spared = member.ordinal - change.after.first_ordinal < change.after.partition;
        const bool is_another = result.causes.empty() ? change.before && rollout::is_outdated(pod, *change.before)
                                                      : !is_of_same_template(pod, change);
        if (!is_asked_for(member.ordinal, change.after)) {
            result.removed.push_back(pod.meta.name);
        } else if (is_another && !is_spared) {
            restarting.push_back(member);
        } else if (change.is_orchestrated && rollout::backs_off(pod)) {
            restarting.push_back(member);
            restarting.back().is_retry = true;
        } else {
            result.stay.push_back(pod.meta.name);
        }
    }
    std::ranges::sort(restarting, [&change](const Member& one, const Member& other) {
        return change.is_orchestrated ? goes_before(one, other) : one.ordinal > other.ordinal;
    });
    for (const auto& member : restarting) {
        result.restarts.push_back(
            {.pod = member.pod->meta.name, .role = role_of(member, change), .is_retry = member.is_retry});
    }
    for (auto ordinal = change.after.first_ordinal; is_asked_for(ordinal, change.after); ++ordinal) {
        auto name = change.after.meta.name + "-" + std::to_string(ordinal);
        if (std::ranges::find(change.pods, name, [](const auto& pod) { return pod.meta.name; }) == change.pods.end()) {
            result.created.push_back(std::move(name));
        }
    }
    // Those that serve nothing and are replaced may serve afterwards. The runner replaces them first; Kubernetes one
    // of them, when it has the highest number.
    const auto ill =
        std::ranges::count_if(change.pods, [&](const auto& pod) { return !member_of(pod, change).serves; });
    const auto healed = std::ranges::count_if(restarting, [](const Member& member) { return !member.serves; });
    const std::ptrdiff_t first_healed = !restarting.empty() && !restarting.front().serves ? 1 : 0;
    const auto healed_before = change.is_orchestrated ? healed : first_healed;
    const auto left = [](std::size_t may_fail, std::ptrdiff_t ill_members) {
        return static_cast<std::ptrdiff_t>(may_fail) - ill_members;
    };
    const auto members_before = static_cast<std::size_t>(change.before ? std::max(change.before->replicas, 0) : 0);
    result.may_fail_before =
        static_cast<std::size_t>(std::max<std::ptrdiff_t>(left(tolerance(members_before), ill), 0));
    result.may_fail_after =
        static_cast<std::size_t>(std::max<std::ptrdiff_t>(left(tolerance(result.members), ill - healed), 0));
    if (const auto meanwhile = left(tolerance(members_before), ill - healed_before) - 1; meanwhile >= 0) {
        result.may_fail_meanwhile = static_cast<std::size_t>(meanwhile);
    }
    return result;
}

}  // namespace plan
