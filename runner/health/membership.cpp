// The member list, and how many members may fail.
#include <algorithm>

#include "health/case.hpp"

namespace health {
namespace {

using model::ListedMember;

void member_list(Case& one) {
    for (const auto& member : one.members()) {
        if (!member.members) {
            continue;
        }
        if (member.members->size() != one.seen().replicas) {
            one.fail("member-count", "",
                     "etcd lists " + std::to_string(member.members->size()) +
                         (member.members->size() == 1 ? " member where " : " members where ") +
                         std::to_string(one.seen().replicas) + " are asked for",
                     "etcdctl member list shows which is too many or missing");
        }
        for (const auto& listed : *member.members) {
            const auto id = model::hex_id(listed.id);
            if (listed.name.empty()) {
                one.fail("unstarted-member", "",
                         "member " + id + (listed.is_learner ? " was added as a learner" : " was added") +
                             " but has never started",
                         "etcdctl member remove " + id + ", unless it is about to join");
            } else if (listed.is_learner) {
                one.fail("learner", "", "member " + id + " (" + listed.name + ") is still a learner",
                         "etcdctl member promote " + id + " when it has caught up, else remove it");
            }
        }
    }
}

void voters(Case& one) {
    auto& health = one.health();
    for (const auto& member : one.members()) {
        if (member.members) {
            const auto learners = std::ranges::count_if(*member.members, &ListedMember::is_learner);
            health.voters = member.members->size() - static_cast<std::size_t>(learners);
            break;
        }
    }
    if (health.voters == 0) {
        health.voters = one.seen().replicas;
    }
    if (health.voters == 0) {
        return;  // scaled to nothing: told already
    }
    if (health.voters % 2 == 0) {
        one.warn("even-voters", "",
                 std::to_string(health.voters) + " voters survive no more failures than " +
                     std::to_string(health.voters - 1),
                 "use an odd replicaCount");
    }
    const auto well = health.healthy_members;
    if (health.tolerance() < 1) {
        one.warn("tolerance", "",
                 2 * well <= health.voters ? std::string("there is no quorum: nothing can be written")
                                           : std::string("not a single member may fail now without stopping writes"),
                 health.voters < 3 ? "use three members or more" : "bring the missing members back first");
    }
}

}  // namespace

void judge_membership(Case& one) {
    member_list(one);
    voters(one);
}

}  // namespace health
