#include "operate/await_rollout.hpp"

#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using model::Kind;
using operate_test::PodShape;
using operate_test::World;
using testing::ElementsAre;
using testing::HasSubstr;

class AwaitRollout : public testing::Test {
protected:
    // A release of three members, the last of which is so.
    void last_pod_is(PodShape shape) {
        world_.cluster.put_healthy_release();
        shape.ordinal = 2;
        world_.cluster.put_pod(shape);
    }
    base::Result<void> await(std::chrono::milliseconds timeout = 1min, rollout::Graces graces = {}) {
        run_.emplace(world_.run({.timeout = timeout}));
        operate::Observer observer(*run_);
        if (auto synced = observer.wait_until_synced(); !synced) {
            return synced;
        }
        rollout::Judge judge(graces, {});
        return operate::await_rollout(*run_, observer, judge);
    }
    // Meanwhile, in another thread, when a line that holds `part` has been told.
    void when_told(const std::string& part, std::function<void()> action) {
        meanwhile_ = std::jthread([this, part, action = std::move(action)] {
            EXPECT_TRUE(world_.progress.wait_for(part)) << part;
            action();
        });
    }
    World world_;

private:
    std::optional<operate::Run> run_;
    std::jthread meanwhile_;
};

TEST_F(AwaitRollout, IsDoneAtOnceWhenAllIsReady) {
    world_.cluster.put_healthy_release();
    const auto result = await();
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_TRUE(world_.phase_done("rollout"));
    EXPECT_EQ(world_.progress.lines().back(), "rolled out: 3 of 3 pods ready");
    EXPECT_FALSE(world_.record.cause.has_value());
}

TEST_F(AwaitRollout, WaitsForTheLastPodAndTellsEachChangeOnce) {
    last_pod_is({.ready = false});
    when_told("etcd-2: ", [this] {
        world_.cluster.put_pod({.ordinal = 1});  // news that changes nothing
        world_.cluster.put_pod({.ordinal = 2});
    });
    const auto result = await();
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_THAT(
        world_.progress.lines(),
        ElementsAre("etcd-0: ready (2 of 3 pods ready)", "etcd-1: ready (2 of 3 pods ready)", HasSubstr("etcd-2: "),
                    "etcd-2: ready (3 of 3 pods ready)", "rolled out: 3 of 3 pods ready"));
}

TEST_F(AwaitRollout, EndsAtOnceWhenAnImageIsNotFound) {
    last_pod_is({.ready = false, .waiting_reason = "ErrImagePull", .waiting_message = "x: not found"});
    const auto result = await();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::rollout_failed);
    EXPECT_EQ(result.error().message, "pod etcd-2: image quay.io/coreos/etcd:v3.7.3 not found");
    EXPECT_FALSE(result.error().hint.empty());
    EXPECT_TRUE(world_.phase_failed("rollout"));
    ASSERT_TRUE(world_.record.cause.has_value());
    EXPECT_EQ(world_.record.cause->pod, "etcd-2");
    EXPECT_FALSE(world_.record.cause->evidence.empty());
}

TEST_F(AwaitRollout, KeepsTheLastWordsOfAContainerThatCrashes) {
    last_pod_is({.ready = false, .waiting_reason = "CrashLoopBackOff", .restarts = 2});
    EXPECT_EQ(await().error().code, ErrorCode::rollout_failed);
    EXPECT_EQ(world_.record.cause->container, "etcd");
    EXPECT_EQ(world_.record.cause->log, "last words\n");
}

TEST_F(AwaitRollout, TakesTheLogOfNowWhenThereIsNoneOfBefore) {
    last_pod_is({.ready = false, .waiting_reason = "CrashLoopBackOff", .restarts = 2});
    world_.cluster.instead(
        "GET /api/v1/namespaces/ns/pods/etcd-2/log?container=etcd&tailLines=50&limitBytes=65536&prev", 400);
    EXPECT_EQ(await().error().code, ErrorCode::rollout_failed);
    EXPECT_EQ(world_.record.cause->log, "still running\n");
}

// Nothing happens any more: it must wake up by itself when the grace is over.
TEST_F(AwaitRollout, FailsWithTheCauseWhenAProblemOutlivesItsGrace) {
    last_pod_is({.ready = false, .unschedulable = true});
    const auto begin = std::chrono::steady_clock::now();
    const auto result = await(1min, {.unschedulable = 1s});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::rollout_failed);
    EXPECT_THAT(result.error().message, HasSubstr("pod etcd-2 fits on no node"));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 1s);
}

TEST_F(AwaitRollout, ForgivesAProblemThatPasses) {
    last_pod_is({.ready = false, .unschedulable = true});
    when_told("etcd-2: ", [this] {
        world_.clock.pass(89s);
        world_.cluster.put_pod({.ordinal = 2, .ready = false, .waiting_reason = "ContainerCreating"});
        EXPECT_TRUE(world_.progress.wait_for("etcd-2: creating its container"));
        world_.clock.pass(89s);
        world_.cluster.put_pod({.ordinal = 2, .ready = false, .unschedulable = true});  // its grace begins anew
        EXPECT_TRUE(world_.progress.wait_for("etcd-2: waiting for a node", 2));
        world_.cluster.put_pod({.ordinal = 2});
    });
    EXPECT_TRUE(await(1h).has_value());
}

// It was seen for a moment before the API server went away: the grace is over then, but nobody knows
// whether the state has lasted.
TEST_F(AwaitRollout, DoesNotGiveUpForWhatItSawBeforeTheServerWentAway) {
    last_pod_is({.ready = false, .unschedulable = true});
    world_.progress.on_line = [this](std::string_view line) {
        if (line.starts_with("etcd-2: waiting")) {
            // As often as a list is tried before that is told.
            world_.cluster.instead_for(7, "GET /api/v1/namespaces/ns/pods?limit", 503);
            world_.cluster.instead_for(1, "GET /api/v1/namespaces/ns/pods?watch", 503);
        } else if (line.contains("listing")) {
            world_.clock.pass(10min);
            world_.cluster.put_pod({.ordinal = 2});
        }
    };
    const auto result = await(1h);
    EXPECT_TRUE(result.has_value()) << result.error().text();
}

TEST_F(AwaitRollout, TimesOutAndSaysWhatIsMissing) {
    last_pod_is({.ready = false});
    when_told("etcd-2: ", [this] {
        world_.clock.pass(1h);
        world_.cluster.put_pod({.ordinal = 2, .ready = false});  // wakes it up
    });
    const auto result = await(1h, {.not_ready = 2h});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::rollout_timed_out);
    EXPECT_THAT(result.error().message, HasSubstr("while waiting for 2 of 3 pods ready"));
    EXPECT_TRUE(world_.phase_failed("rollout"));
    ASSERT_TRUE(world_.record.cause.has_value());
    EXPECT_THAT(world_.record.cause->headline, HasSubstr("pod etcd-2 is not ready in time"));
    EXPECT_EQ(world_.record.cause->log, "last words\n");
}

// People are shown how to delete the pod that is to blame: never one that serves.
TEST_F(AwaitRollout, BlamesThePodThatIsNotReadyRatherThanTheOutdatedThatWaitForIt) {
    world_.cluster.put_healthy_release();
    world_.cluster.put_set("r2");
    world_.cluster.put_pod({.ordinal = 2, .ready = false, .revision = "r2", .unschedulable = true});
    when_told("etcd-2: waiting for a node", [this] {
        world_.clock.pass(1h);
        world_.cluster.put_pod({.ordinal = 1});  // wakes it up
    });
    const auto result = await(1h, {.unschedulable = 10h});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::rollout_timed_out);
    ASSERT_TRUE(world_.record.cause.has_value());
    EXPECT_EQ(world_.record.cause->pod, "etcd-2");
    EXPECT_THAT(world_.record.cause->headline, HasSubstr("pod etcd-2 is not ready in time"));
    EXPECT_THAT(world_.record.cause->evidence, testing::Contains("pod etcd-0: ready (outdated)"));
}

TEST_F(AwaitRollout, IsCancelledAtOnceWithoutAskingForMore) {
    last_pod_is({.ready = false});
    when_told("etcd-2: ", [this] { world_.stop.request_stop(); });
    const auto result = await();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::cancelled);
    EXPECT_TRUE(world_.record.cause.has_value());
    EXPECT_FALSE(world_.cluster.was_asked("GET /api/v1/namespaces/ns/pods/etcd-2/log"));
}

TEST_F(AwaitRollout, EndsWithTheWatchThatItCannotDoWithout) {
    last_pod_is({.ready = false});
    when_told("etcd-2: ", [this] { world_.cluster.instead("GET /api/v1/namespaces/ns/pods?watch", 403); });
    // The watch is begun anew after the change, and refused then.
    const auto result = await();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::forbidden);
    EXPECT_THAT(result.error().text(), HasSubstr("watching pods"));
}

TEST_F(AwaitRollout, GoesOnWithoutAWatchOfMereEvidence) {
    last_pod_is({.ready = false});
    when_told("etcd-2: ", [this] { world_.cluster.instead("GET /api/v1/namespaces/ns/events?watch", 403); });
    std::jthread then([this] {
        EXPECT_TRUE(world_.progress.wait_for("warning: "));
        world_.cluster.put_pod({.ordinal = 2});
    });
    EXPECT_TRUE(await().has_value());
    EXPECT_THAT(world_.record.warnings, ElementsAre(HasSubstr("watching events")));
}

TEST_F(AwaitRollout, DoesNotWaitForAnOperatorToDeletePods) {
    world_.cluster.put_healthy_release();
    world_.cluster.put_set("r2", "OnDelete");
    const auto result = await();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::rollout_failed);
    EXPECT_THAT(result.error().message, HasSubstr("OnDelete"));
}

TEST_F(AwaitRollout, FailsWhenTheStatefulSetIsDeletedMeanwhile) {
    last_pod_is({.ready = false});
    when_told("etcd-2: ", [this] { world_.cluster.remove(Kind::stateful_set, "etcd"); });
    const auto result = await();
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, HasSubstr("was deleted while it was rolled out"));
}

}  // namespace
