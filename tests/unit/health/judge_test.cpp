#include "health/judge.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

namespace {

using model::Severity;
using Members = std::vector<model::MemberAnswers>;

constexpr std::uint64_t mib = std::uint64_t{1} << 20U;

std::vector<model::ListedMember> listed(std::size_t count) {
    std::vector<model::ListedMember> members;
    for (std::size_t index = 0; index < count; ++index) {
        members.push_back({.id = index + 1, .name = "etcd-" + std::to_string(index)});
    }
    return members;
}

Members healthy(std::size_t count) {
    Members members;
    for (std::size_t index = 0; index < count; ++index) {
        model::MemberAnswers member{.pod = "etcd-" + std::to_string(index)};
        member.status = model::MemberStatus{.cluster_id = 7,
                                            .member_id = index + 1,
                                            .leader_id = 1,
                                            .raft_index = 5000,
                                            .raft_applied_index = 5000,
                                            .db_size = 20 * mib,
                                            .db_size_in_use = 18 * mib,
                                            .db_quota = 2048 * mib,
                                            .version = "3.7.3"};
        member.members = listed(count);
        member.alarms.emplace();
        member.linearizable_read = std::chrono::microseconds(900);
        members.push_back(std::move(member));
    }
    return members;
}

TEST(Health, OfThreeGoodMembersHasNothingToFind) {
    const auto verdict = health::judge(healthy(3), 3);
    EXPECT_TRUE(verdict.findings.empty());
    EXPECT_EQ(verdict.leader, "etcd-0");
    EXPECT_EQ(verdict.cluster_id, 7U);
    EXPECT_EQ(verdict.version, "3.7.3");
    EXPECT_EQ(verdict.healthy_members, 3U);
    EXPECT_EQ(verdict.tolerance(), 1U);
}

struct RuleCase {
    const char* rule;
    Severity severity;
    const char* subject;
    std::size_t replicas;
    std::function<void(Members&)> change;
};

class Rule : public testing::TestWithParam<RuleCase> {};

TEST_P(Rule, IsFoundOnceWithAHint) {
    auto members = healthy(GetParam().replicas);
    GetParam().change(members);
    const auto verdict = health::judge(std::move(members), GetParam().replicas);
    const auto fits = [](const auto& finding) { return finding.rule == GetParam().rule; };
    ASSERT_EQ(std::ranges::count_if(verdict.findings, fits), 1);
    const auto& finding = *std::ranges::find_if(verdict.findings, fits);
    EXPECT_EQ(finding.severity, GetParam().severity);
    EXPECT_EQ(finding.subject, GetParam().subject);
    EXPECT_FALSE(finding.hint.empty());
    if (GetParam().severity == Severity::failure) {
        EXPECT_FALSE(verdict.healthy());
    } else {
        EXPECT_TRUE(verdict.healthy());
    }
}

INSTANTIATE_TEST_SUITE_P(
    Health, Rule,
    testing::Values(
        RuleCase{"linearizable-read", Severity::failure, "etcd-1", 3, [](auto& m) { m[1].linearizable_read.reset(); }},
        RuleCase{"answers", Severity::failure, "etcd-1", 3, [](auto& m) { m[1].failures.emplace_back("status: no"); }},
        RuleCase{"members-running", Severity::failure, "", 3, [](auto& m) { m.pop_back(); }},
        RuleCase{"one-cluster", Severity::failure, "", 3, [](auto& m) { m[2].status->cluster_id = 8; }},
        RuleCase{"one-leader", Severity::failure, "", 3, [](auto& m) { m[2].status->leader_id = 2; }},
        RuleCase{"one-leader", Severity::failure, "etcd-2", 3, [](auto& m) { m[2].status->leader_id = 0; }},
        RuleCase{"alarm", Severity::failure, "etcd-1", 3,
                 [](auto& m) {
                     for (auto& member : m) {
                         member.alarms->push_back({.member_id = 2, .type = "NOSPACE"});
                     }
                 }},
        RuleCase{"member-count", Severity::failure, "", 3,
                 [](auto& m) {
                     for (auto& member : m) {
                         member.members = listed(4);
                     }
                 }},
        RuleCase{"unstarted-member", Severity::failure, "", 3, [](auto& m) { m[0].members->at(2).name.clear(); }},
        RuleCase{"learner", Severity::failure, "", 3, [](auto& m) { m[0].members->at(2).is_learner = true; }},
        RuleCase{"quota", Severity::failure, "etcd-0", 3, [](auto& m) { m[0].status->db_size = 1950 * mib; }},
        RuleCase{"fragmentation", Severity::warning, "etcd-0", 3,
                 [](auto& m) {
                     m[0].status->db_size = 400 * mib;
                     m[0].status->db_size_in_use = 150 * mib;
                 }},
        RuleCase{"raft-lag", Severity::warning, "etcd-0", 3, [](auto& m) { m[0].status->raft_applied_index = 3999; }},
        RuleCase{"version-skew", Severity::warning, "", 3, [](auto& m) { m[0].status->version = "3.6.16"; }},
        RuleCase{"even-voters", Severity::warning, "", 4, [](auto& /*m*/) {}},
        RuleCase{"tolerance", Severity::warning, "", 1, [](auto& /*m*/) {}}));

TEST(Health, AnUnknownQuotaIsNoFinding) {
    auto members = healthy(3);
    members[0].status->db_quota = 0;
    EXPECT_TRUE(health::judge(std::move(members), 3).findings.empty());
}

TEST(Health, ALagOfAThousandIsStillFine) {
    auto members = healthy(3);
    members[0].status->raft_applied_index = 4000;
    EXPECT_TRUE(health::judge(std::move(members), 3).findings.empty());
}

TEST(Health, TellsWhichMemberBelongsToWhichCluster) {
    auto members = healthy(3);
    members[1].status->cluster_id = 0x2a;
    members[1].status->leader_id = 2;
    const auto verdict = health::judge(std::move(members), 3);
    const auto found = std::ranges::find(verdict.findings, "one-cluster", &model::Finding::rule);
    ASSERT_NE(found, verdict.findings.end());
    EXPECT_EQ(found->message, "the members belong to 2 different clusters: etcd-0, etcd-2 to 7; etcd-1 to 2a");
    EXPECT_EQ(std::ranges::count(verdict.findings, "one-leader", &model::Finding::rule), 0) << "each has its own";
}

TEST(Health, FailuresComeBeforeWarnings) {
    auto members = healthy(3);
    members[0].status->version = "3.6.16";
    members[1].linearizable_read.reset();
    const auto verdict = health::judge(std::move(members), 3);
    EXPECT_EQ(verdict.findings.front().severity, Severity::failure);
    EXPECT_EQ(verdict.version, "3.6.16");
}

}  // namespace
