#include "operate/take_evidence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operate/deploy.hpp"
#include "unit/operate/world.hpp"

namespace {

using operate_test::World;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;

const base::Error failure{.code = base::ErrorCode::rollout_failed, .message = "it failed"};

// Two members are well; the third crashes.
void put_crashing_release(World& world) {
    world.cluster.put_healthy_release();
    world.cluster.put_pod({.ordinal = 2, .ready = false, .waiting_reason = "CrashLoopBackOff", .restarts = 3});
}

void take(World& world, operate::Evidence& evidence, const base::Error& error = failure) {
    const auto run = world.run();
    operate::Observer observer(run);
    ASSERT_TRUE(observer.wait_until_synced().has_value());
    operate::take_evidence(run, observer, evidence, error);
}

TEST(TakeEvidence, TellsOfTheMemberThatIsNotWellInTheSummaryAndOfAllInTheFolder) {
    World world;
    put_crashing_release(world);
    world.record.touched = true;
    operate::Evidence evidence;
    take(world, evidence);
    ASSERT_TRUE(world.record.seen_at_failure);
    const auto& seen = *world.record.seen_at_failure;
    ASSERT_EQ(seen.pods.size(), 3U);
    EXPECT_EQ(seen.pods[0].phrase, "ready");
    EXPECT_EQ(seen.pods[2].name, "etcd-2");
    EXPECT_EQ(seen.pods[2].restarts, 3);
    ASSERT_EQ(seen.logs.size(), 2U) << "of the one that is not well: before its restart, and now";
    EXPECT_EQ(seen.logs[0].text, "last words");
    EXPECT_TRUE(seen.logs[0].previous);
    EXPECT_EQ(seen.logs[1].text, "still running");
    EXPECT_EQ(seen.claims.size(), 3U);
    EXPECT_THAT(seen.notes, IsEmpty());
    for (const char* file : {"events.txt", "objects/pods.json", "objects/persistentvolumeclaims.json",
                             "logs/etcd-0/etcd.log", "logs/etcd-2/etcd.previous.log", "etcd/etcd-1.txt"}) {
        EXPECT_THAT(evidence.files(), Contains(Key(file)));
    }
    ASSERT_TRUE(world.record.health) << "etcd's view";
    EXPECT_EQ(world.record.health->members.size(), 3U);
    EXPECT_TRUE(world.phase_done("evidence"));
}

TEST(TakeEvidence, KeepsTheHealthThatWasFoundBefore) {
    World world;
    put_crashing_release(world);
    world.record.touched = true;
    world.record.health.emplace().version = "found before";
    operate::Evidence evidence;
    take(world, evidence);
    EXPECT_EQ(world.record.health->version, "found before");
}

TEST(TakeEvidence, SaysWhatItMayNotLookAt) {
    World world;
    put_crashing_release(world);
    world.record.touched = true;
    world.cluster.instead("GET /api/v1/namespaces/ns/services?", 403);
    operate::Evidence evidence;
    take(world, evidence);
    EXPECT_THAT(world.record.seen_at_failure->notes, ElementsAre(HasSubstr("could not look at Services")));
}

TEST(TakeEvidence, NamesTheNodeThatIsNotReady) {
    World world;
    put_crashing_release(world);
    world.record.touched = true;
    world.cluster.instead("GET /api/v1/nodes/node1", 200,
                          R"({"metadata":{"labels":{}},"status":{"conditions":[{"type":"Ready","status":"Unknown",)"
                          R"("reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status.",)"
                          R"("lastTransitionTime":"2026-11-25T14:03:05Z"}]}})");
    operate::Evidence evidence;
    take(world, evidence);
    EXPECT_THAT(world.record.seen_at_failure->nodes,
                ElementsAre("node node1 is not ready since 2026-11-25T14:03:05Z: NodeStatusUnknown, Kubelet stopped "
                            "posting node status."));
    EXPECT_THAT(evidence.files(), Contains(Key("nodes.txt")));
}

TEST(TakeEvidence, HasNoTimeAfterACancel) {
    World world;
    put_crashing_release(world);
    world.record.touched = true;
    operate::Evidence evidence;
    take(world, evidence, {.code = base::ErrorCode::cancelled, .message = "cancelled"});
    EXPECT_FALSE(world.record.seen_at_failure);
    EXPECT_THAT(evidence.files(), IsEmpty());
}

TEST(TakeEvidence, LooksAtNothingWhenNothingWasTouched) {
    World world;
    put_crashing_release(world);
    operate::Evidence evidence;
    take(world, evidence);
    EXPECT_FALSE(world.record.seen_at_failure);
}

TEST(TakeEvidence, IsTakenWhenADeploymentFails) {
    World world;
    world.helm_program.work = [&world](const sys::Command&, const std::stop_token&) {
        world.cluster.put_set();
        world.cluster.put_pod({.ordinal = 0});
        world.cluster.put_pod({.ordinal = 1,
                               .ready = false,
                               .waiting_reason = "ErrImagePull",
                               .waiting_message = "quay.io/x:y: not found"});
        world.cluster.put_pod({.ordinal = 2});
        world.cluster.put_release(1);
        return sys::ProcessResult{};
    };
    const auto run = world.run();
    operate::Evidence evidence;
    const auto result = operate::deploy(run, evidence);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, base::ErrorCode::rollout_failed);
    EXPECT_THAT(world.progress.lines(), Contains("hopeless: pod etcd-1: image quay.io/coreos/etcd:v3.7.3 not found"));
    ASSERT_TRUE(world.record.seen_at_failure);
    EXPECT_THAT(world.record.seen_at_failure->pods,
                Contains(Field(&model::SeenAtFailure::Pod::phrase, HasSubstr("ErrImagePull"))));
    EXPECT_THAT(evidence.files(), Contains(Key("objects/pods.json")));
}

}  // namespace
