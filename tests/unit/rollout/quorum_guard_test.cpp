#include "rollout/quorum_guard.hpp"

#include <gtest/gtest.h>

namespace {

using rollout::may_be_taken_down;
using rollout::QuorumRisk;
using rollout::Voter;

std::vector<Voter> voters(int number) {
    std::vector<Voter> all;
    for (int ordinal = 0; ordinal < number; ++ordinal) {
        all.push_back({.name = "etcd-" + std::to_string(ordinal)});
    }
    return all;
}

Voter ill(const std::string& name, bool is_ready = false) {
    return {.name = name, .is_well = false, .is_ready = is_ready, .trouble = "does not answer"};
}

Voter down(const std::string& name) {
    return {.name = name, .is_well = false, .is_ready = false, .runs = false, .trouble = "crash loop"};
}

struct GuardCase {
    const char* name;
    std::vector<Voter> voters;
    const char* taken_down;
    bool is_given;
    const char* said;  // part of the reason, or of the note
};

std::vector<Voter> with(std::vector<Voter> all, const std::vector<Voter>& changed) {
    for (const auto& one : changed) {
        bool known = false;
        for (auto& voter : all) {
            if (voter.name == one.name) {
                voter = one;
                known = true;
            }
        }
        if (!known) {
            all.push_back(one);
        }
    }
    return all;
}

class Guard : public testing::TestWithParam<GuardCase> {};

TEST_P(Guard, SaysWhetherTheMemberMayBeTakenDown) {
    const auto& tested = GetParam();
    const auto permission = may_be_taken_down(tested.voters, tested.taken_down, QuorumRisk::avoided);
    EXPECT_EQ(permission.is_given, tested.is_given) << permission.reason;
    EXPECT_TRUE((tested.is_given ? permission.note : permission.reason).contains(tested.said))
        << permission.note << permission.reason;
    EXPECT_TRUE(permission.risk.empty());
    EXPECT_EQ(permission.hint.empty(), tested.is_given);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Guard,
    testing::Values(
        GuardCase{"OneOfThreeThatAreWell", voters(3), "etcd-2", true, ""},
        GuardCase{"OneOfFiveThatAreWell", voters(5), "etcd-2", true, ""},
        GuardCase{"OneOfFourThatAreWell", voters(4), "etcd-2", true, ""},
        GuardCase{"TheOnlyMemberWithANote", voters(1), "etcd-0", true, "its only member is back"},
        GuardCase{"OneOfTwoWithANote", voters(2), "etcd-1", true, "tolerate no failure"},
        GuardCase{"AWellOneWhileAnotherIsIll", with(voters(3), {ill("etcd-1")}), "etcd-2", false,
                  "etcd-2 may not be taken down: etcd-1: does not answer; without etcd-2 1 of 3 members "
                  "would be left, which is no quorum"},
        GuardCase{"AWellOneOfFiveWhileAnotherIsIll", with(voters(5), {ill("etcd-1")}), "etcd-2", false,
                  "3 of 5 members would be left, which is just a quorum"},
        GuardCase{"TheIllOneItself", with(voters(3), {ill("etcd-1")}), "etcd-1", true, ""},
        GuardCase{"OneOfSeveralThatAreDown", with(voters(3), {down("etcd-1"), down("etcd-2")}), "etcd-1", true, ""},
        GuardCase{"OneThatIsDownBesideASilentOne", with(voters(3), {down("etcd-1"), ill("etcd-2")}), "etcd-1", true,
                  ""},
        GuardCase{"ASilentOneThatTheQuorumMayNeed", with(voters(3), {down("etcd-1"), ill("etcd-2")}), "etcd-2", false,
                  "etcd-1: crash loop; etcd-2: does not answer; without etcd-2 1 of 3 members would be left"},
        GuardCase{"AnIllOneWhenNobodyIsWell", with(voters(3), {ill("etcd-0"), ill("etcd-1"), ill("etcd-2")}), "etcd-1",
                  true, ""},
        GuardCase{"TheIllOnlyMember", with(voters(1), {ill("etcd-0")}), "etcd-0", true, ""},
        GuardCase{"ASilentOneThatIsReadyWhileAQuorumAnswers", with(voters(3), {ill("etcd-1", true)}), "etcd-1", true,
                  ""},
        GuardCase{"ASilentOneThatIsReadyWhenWeMayBeDeaf", with(voters(3), {ill("etcd-1", true), ill("etcd-2", true)}),
                  "etcd-1", false, "etcd-2: does not answer; etcd-1: does not answer"},
        GuardCase{"AMemberThatHasNoPodCounts", with(voters(3), {ill("member 1f")}), "etcd-2", false,
                  "member 1f: does not answer; without etcd-2 2 of 4 members would be left"},
        GuardCase{"ALearnerCostsNothing", with(voters(3), {ill("etcd-1")}), "etcd-3", true, ""}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(GuardUnderForce, LetsItThroughAndSaysWhatIsRisked) {
    const auto permission = may_be_taken_down(with(voters(3), {ill("etcd-1")}), "etcd-2", QuorumRisk::taken);
    EXPECT_TRUE(permission.is_given);
    EXPECT_EQ(permission.risk,
              "etcd-2 is taken down although not every other member is well (etcd-1: does not answer; "
              "force-quorum-risk): 1 of 3 members would be left, which is no quorum: etcd would serve nothing");
    EXPECT_TRUE(may_be_taken_down(voters(3), "etcd-2", QuorumRisk::taken).risk.empty());
}

}  // namespace
