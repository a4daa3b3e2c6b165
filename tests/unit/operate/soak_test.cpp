#include "operate/soak.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/outcome.hpp"
#include "operate/deploy.hpp"
#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using operate_test::World;
using testing::Contains;
using testing::HasSubstr;

// Installs, and lets `meanwhile` happen while the members are watched.
base::Result<void> install(World& world, std::chrono::milliseconds soak, const std::function<void()>& meanwhile) {
    world.helm_program.work = [&world](const sys::Command&, const std::stop_token&) {
        world.cluster.put_healthy_release();
        return sys::ProcessResult{};
    };
    const auto run = world.run({.soak = soak});
    world.progress.on_line = [&](std::string_view line) {
        if (meanwhile && line.starts_with("watching the members")) {
            meanwhile();
        }
    };
    return operate_test::deploy(run);
}

TEST(Soak, EndsWellWhenNothingHappens) {
    World world;
    const auto result = install(world, 20ms, {});
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_TRUE(world.phase_done("soak"));
    EXPECT_THAT(world.progress.lines(), Contains("no container ended, and the leader stayed"));
}

TEST(Soak, FailsAtOnceWhenAMemberRestarts) {
    World world;
    const auto before = std::chrono::steady_clock::now();
    const auto result = install(world, 50s, [&] { world.cluster.put_pod({.ordinal = 1, .restarts = 1}); });
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::etcd_unhealthy);
    EXPECT_THAT(result.error().message,
                HasSubstr("pod etcd-1: container etcd was restarted while the members were watched"));
    EXPECT_LT(std::chrono::steady_clock::now() - before, 40s);
    EXPECT_TRUE(world.phase_failed("soak"));
    EXPECT_EQ(world.record.health->findings.front().rule, "soak");
}

// Whose restart comes only after the kubelet's pause, which is longer than anybody watches.
TEST(Soak, FailsWhenAContainerHasEnded) {
    World world;
    const auto result =
        install(world, 50s, [&] { world.cluster.put_pod({.ordinal = 1, .waiting_reason = "CrashLoopBackOff"}); });
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::etcd_unhealthy);
    EXPECT_THAT(result.error().message, HasSubstr("pod etcd-1: container etcd"));
    EXPECT_THAT(result.error().message, HasSubstr("while the members were watched"));
    ASSERT_TRUE(world.record.cause.has_value());
    EXPECT_EQ(world.record.cause->pod, "etcd-1");
}

TEST(Soak, FailsWhenAPodIsReplaced) {
    World world;
    const auto result = install(world, 50s, [&] { world.cluster.put_pod({.ordinal = 1, .uid = "another"}); });
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, HasSubstr("etcd-1: its pod was replaced"));
}

TEST(Soak, FailsWhenTheLeaderChanges) {
    World world;
    const std::string elected = R"({"header":{"cluster_id":"7","member_id":"2","raft_term":"3"},"version":"3.7.3",)"
                                R"("leader":"1","raftIndex":"9","raftTerm":"3","raftAppliedIndex":"9"})";
    const auto result = install(
        world, 300ms, [&] { world.cluster.instead("POST /members/etcd-1/v3/maintenance/status", 200, elected); });
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, HasSubstr("the leader changed while the members were watched"));
}

TEST(Soak, DoesNotHappenWithoutAChange) {
    World world;
    world.cluster.put_healthy_release();
    const auto run = world.run({.soak = 50s});
    const auto result = operate_test::deploy(run);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_FALSE(world.phase_done("soak") || world.phase_failed("soak"));
}

TEST(Soak, EndsWhenTheRunIsCancelled) {
    World world;
    const auto result = install(world, 50s, [&] { world.stop.request_stop(); });
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::cancelled);
}

}  // namespace
