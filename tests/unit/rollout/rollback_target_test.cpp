#include "rollout/rollback_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;
using testing::IsEmpty;

model::VerifiedRevision verified(int revision, const std::string& version = "3.7.3") {
    return {.revision = revision, .etcd_version = version, .cluster_id = 7, .members = 3, .on_delete = true};
}

rollout::RollbackFacts facts() {
    return {.verified = {verified(2), verified(4)},
            .kept = {1, 2, 3, 4, 5},
            .failed_revision = 5,
            .members = 3,
            .on_delete = true,
            .cluster_id = 7,
            .versions = {"3.7.3", "3.7.3"}};
}

TEST(RollbackTarget, IsTheNewestVerifiedRevisionBeforeTheFailedOne) {
    const auto target = rollout::rollback_target(facts());
    EXPECT_EQ(target.revision, 4);
    EXPECT_THAT(target.why_not, IsEmpty());
}

TEST(RollbackTarget, IsOneThatHelmStillHas) {
    auto given = facts();
    given.kept = {2, 3, 5};
    EXPECT_EQ(rollout::rollback_target(given).revision, 2);
}

TEST(RollbackTarget, IsNeverTheFailedRevisionNorALaterOne) {
    auto given = facts();
    given.verified = {verified(2), verified(5), verified(9)};
    given.kept = {2, 5, 9};
    EXPECT_EQ(rollout::rollback_target(given).revision, 2);
}

struct Case {
    std::string name;
    std::function<void(rollout::RollbackFacts&)> change;
    int revision;
    std::string why_not;
};

TEST(RollbackTarget, IsRefusedWhereGoingBackWouldBeWorse) {
    const std::vector<Case> cases{
        {"nothing verified", [](auto& given) { given.verified.clear(); }, 0, "no earlier revision"},
        {"only later ones", [](auto& given) { given.verified = {verified(5)}; }, 0, "no earlier revision"},
        {"pruned by helm", [](auto& given) { given.kept = {5}; }, 0, "no earlier revision"},
        {"another member count", [](auto& given) { given.members = 5; }, 0, "has 3 members, this one 5"},
        {"another cluster", [](auto& given) { given.cluster_id = 8; }, 0, "another etcd cluster"},
        {"a cluster that does not answer",
         [](auto& given) {
             given.cluster_id = 0;
             given.versions.clear();
         },
         4, ""},
        {"a cluster that does not answer, and whose new version has never run",
         [](auto& given) {
             given.cluster_id = 0;
             given.versions.clear();
             given.verified = {verified(4, "3.6.16")};
             given.new_version = "v3.7.3";
         },
         4, ""},
        {"a cluster that does not answer, and whose new minor has run",
         [](auto& given) {
             given.cluster_id = 0;
             given.versions.clear();
             given.verified = {verified(4, "3.6.16")};
             given.new_has_run = true;
             given.new_version = "v3.7.3";
         },
         0, "nobody answers whether etcd has moved on from 3.6"},
        {"a cluster that does not answer, and whose new version has run and is not known",
         [](auto& given) {
             given.versions.clear();
             given.new_has_run = true;
             given.new_version = "latest";
         },
         0, "nobody answers"},
        {"a cluster that does not answer, and whose new patch has run",
         [](auto& given) {
             given.versions.clear();
             given.new_has_run = true;
             given.new_version = "v3.7.9";
         },
         4, ""},
        {"a newer patch", [](auto& given) { given.versions = {"3.7.4", "3.7.4", "3.7.4"}; }, 4, ""},
        {"a newer minor, everywhere", [](auto& given) { given.verified = {verified(4, "3.6.16")}; }, 0,
         "moved on from 3.6 to 3.7"},
        {"a newer minor, but one old member is left",
         [](auto& given) {
             given.verified = {verified(4, "3.6.16")};
             given.versions = {"3.7.3", "3.6.16"};
         },
         4, ""},
        {"from OnDelete to RollingUpdate", [](auto& given) { given.verified.back().on_delete = false; }, 0,
         "RollingUpdate"},
        {"RollingUpdate all the time",
         [](auto& given) {
             given.on_delete = false;
             given.verified.back().on_delete = false;
         },
         4, ""},
    };
    for (const auto& [name, change, revision, why_not] : cases) {
        auto given = facts();
        change(given);
        const auto target = rollout::rollback_target(given);
        EXPECT_EQ(target.revision, revision) << name;
        EXPECT_THAT(target.why_not, HasSubstr(why_not)) << name;
        EXPECT_EQ(target.way_out.empty(), revision != 0) << name;
    }
}

}  // namespace
