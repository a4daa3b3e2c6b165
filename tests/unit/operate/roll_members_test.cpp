#include "operate/roll_members.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operate/deploy.hpp"
#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using operate_test::World;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A healthy release of three, OnDelete, of which helm makes all members outdated.
struct RollingWorld : World {
    RollingWorld() {
        rollout = model::Rollout::orchestrated;
        cluster.put_healthy_release();
        cluster.put_set("r1", "OnDelete");
        helm_program.work = [this](const sys::Command& command, const std::stop_token&) {
            argv = command.argv;
            cluster.put_set("r2", "OnDelete");
            cluster.put_release(2);
            return sys::ProcessResult{};
        };
    }
    [[nodiscard]] std::vector<std::string> evictions() const {
        std::vector<std::string> pods;
        for (const auto& line : cluster.asked()) {
            if (line.ends_with("/eviction")) {
                pods.push_back(line.substr(line.find("/pods/") + 6, 6));
            }
        }
        return pods;
    }
    std::vector<std::string> argv;
};

TEST(RollMembers, ReplacesFollowersThenTheLeaderAfterMovingLeadership) {
    RollingWorld world;
    world.cluster.on_evictions("r2");
    const auto run = world.run();
    const auto result = operate_test::deploy(run);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_THAT(world.evictions(), ElementsAre("etcd-2", "etcd-1", "etcd-0"));
    EXPECT_THAT(world.argv, Contains("updateStrategy.type=OnDelete"));
    EXPECT_TRUE(world.cluster.was_asked("POST /members/etcd-0/v3/maintenance/transfer-leadership"));
    EXPECT_THAT(world.progress.lines(), Contains(HasSubstr("replacing etcd-2 (1 of 3): follower, template changed")));
    EXPECT_THAT(world.progress.lines(), Contains("moving leadership from etcd-0 to etcd-2"));
    ASSERT_EQ(world.record.replacements.size(), 3U);
    EXPECT_EQ(world.record.replacements[2].role, "leader");
    EXPECT_EQ(world.record.replacements[2].successor, "etcd-2");
    for (const auto& one : world.record.replacements) {
        EXPECT_TRUE(one.is_back) << one.pod;
    }
    EXPECT_THAT(world.record.restarted_pods, ElementsAre("etcd-0", "etcd-1", "etcd-2"));
    EXPECT_TRUE(world.phase_done("rolling"));
}

// As on the way back from a change that has broken it.
TEST(RollMembers, CountsAReturnForTheLastReplacementOfAPod) {
    RollingWorld world;
    world.cluster.on_evictions("r2");
    world.record.replacements.push_back({.pod = "etcd-2", .role = "follower", .successor = {}});
    const auto run = world.run();
    ASSERT_TRUE(operate_test::deploy(run).has_value());
    ASSERT_EQ(world.record.replacements.size(), 4U);
    EXPECT_FALSE(world.record.replacements[0].is_back);
    EXPECT_EQ(world.record.replacements[1].pod, "etcd-2");
    EXPECT_TRUE(world.record.replacements[1].is_back);
}

TEST(RollMembers, TouchesNobodyWhereNothingIsOutdated) {
    RollingWorld world;
    world.helm_program.work = [&world](const sys::Command&, const std::stop_token&) {
        world.cluster.put_release(2);
        return sys::ProcessResult{};
    };
    const auto run = world.run();
    ASSERT_TRUE(operate_test::deploy(run).has_value());
    EXPECT_THAT(world.evictions(), IsEmpty());
    EXPECT_THAT(world.record.replacements, IsEmpty());
    EXPECT_FALSE(world.phase_done("rolling"));
}

TEST(RollMembers, WaitsUntilTheBudgetAllowsIt) {
    RollingWorld world;
    world.cluster.on_evictions("r2", 3);
    const auto run = world.run();
    ASSERT_TRUE(operate_test::deploy(run).has_value());
    EXPECT_THAT(world.evictions(), ElementsAre("etcd-2", "etcd-2", "etcd-2", "etcd-2", "etcd-1", "etcd-0"));
    EXPECT_FALSE(world.cluster.was_asked("DELETE /api/v1/namespaces/ns/pods"));
}

TEST(RollMembers, StopsWithTheCauseWhenAMemberDoesNotComeBack) {
    RollingWorld world;
    world.cluster.on_evictions("r2");
    world.progress.on_line = [&world](std::string_view line) {
        if (line.starts_with("etcd-2 is back")) {
            world.cluster.put_pod({.ordinal = 1,
                                   .ready = false,
                                   .uid = "broken-1",
                                   .revision = "r2",
                                   .waiting_reason = "ErrImagePull",
                                   .waiting_message = "not found"});
        }
    };
    const auto run = world.run();
    const auto result = operate_test::deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::rollout_failed);
    EXPECT_THAT(result.error().message, HasSubstr("not found"));
    EXPECT_THAT(world.evictions(), Not(Contains("etcd-0")));
    EXPECT_THAT(world.progress.lines(), Contains(HasSubstr("etcd-0 run as before")));
}

TEST(RollMembers, ARefusedRightEndsTheRun) {
    RollingWorld world;
    world.cluster.instead("POST /api/v1/namespaces/ns/pods/etcd-2/eviction", 403);
    const auto run = world.run();
    const auto result = operate_test::deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::forbidden);
}

TEST(RollMembers, GoingNativeWithOutdatedMembersIsRefused) {
    RollingWorld world;
    world.rollout = model::Rollout::native;
    world.cluster.put_set("r2", "OnDelete");
    const auto run = world.run();
    const auto result = operate_test::deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::refused);
    EXPECT_THAT(result.error().message, HasSubstr("etcd-0, etcd-1, etcd-2 are outdated"));
    EXPECT_EQ(world.helm_program.calls(), 0);
}

}  // namespace
