#include "operate/observer.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operate/await_rollout.hpp"
#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using model::Kind;
using operate::Observer;
using operate_test::World;
using testing::HasSubstr;

TEST(Observer, KnowsAllThatIsThereOnceItIsSynced) {
    World world;
    world.cluster.put_healthy_release();
    const auto run = world.run();
    Observer observer(run);
    ASSERT_TRUE(observer.wait_until_synced().has_value());
    EXPECT_EQ(observer.view().stateful_sets().size(), 1U);
    EXPECT_EQ(observer.view().pods().size(), 3U);
    EXPECT_EQ(observer.view().claims().size(), 3U);
    EXPECT_EQ(observer.resource_version(), 107U) << "of the newest of seven objects, counted from 100";
}

TEST(Observer, LearnsWhatHappensLater) {
    World world;
    world.cluster.put_healthy_release();
    const auto run = world.run();
    Observer observer(run);
    ASSERT_TRUE(observer.wait_until_synced().has_value());
    world.cluster.remove(Kind::pod, "etcd-2");
    const auto step = observer.next(run.deadline());
    ASSERT_TRUE(step.has_value());
    EXPECT_TRUE(step->changed);
    EXPECT_FALSE(observer.view().pods().contains("etcd-2"));
    EXPECT_EQ(observer.resource_version(), 108U);
}

TEST(Observer, GoesOnWithoutEvidenceThatItMayNotSee) {
    World world;
    for (const char* kind : {"/api/v1/namespaces/ns/events", "/apis/batch/v1/namespaces/ns/jobs",
                             "/api/v1/namespaces/ns/persistentvolumeclaims"}) {
        world.cluster.instead(std::string("GET ") + kind, 403);
    }
    const auto run = world.run();
    Observer observer(run);
    EXPECT_TRUE(observer.wait_until_synced().has_value());
    EXPECT_THAT(world.record.warnings,
                testing::UnorderedElementsAre(HasSubstr("watching events"), HasSubstr("watching jobs"),
                                              HasSubstr("watching persistentvolumeclaims")));
}

TEST(Observer, CannotDoWithoutPodsAndStatefulSets) {
    for (const std::string kind : {"/api/v1/namespaces/ns/pods", "/apis/apps/v1/namespaces/ns/statefulsets"}) {
        World world;
        world.cluster.instead("GET " + kind, 403);
        const auto run = world.run();
        Observer observer(run);
        const auto synced = observer.wait_until_synced();
        ASSERT_FALSE(synced.has_value()) << kind;
        EXPECT_EQ(synced.error().code, ErrorCode::forbidden);
        EXPECT_THAT(synced.error().text(), HasSubstr("watching " + kind.substr(kind.rfind('/') + 1)));
    }
}

class BlindObserver : public testing::TestWithParam<Kind> {
protected:
    BlindObserver() { world_.cluster.put_healthy_release(); }
    // Takes in whatever comes until the view is so; false when a minute passes.
    static bool wait_until(const operate::Run& run, Observer& observer, bool stale) {
        while (observer.view().is_stale() != stale) {
            if (!observer.next(run.deadline()) || run.tools().clock.now() >= run.deadline()) {
                return false;
            }
        }
        return true;
    }
    static std::string path_of(Kind kind) {
        switch (kind) {
            case Kind::stateful_set: return "/apis/apps/v1/namespaces/ns/statefulsets";
            case Kind::pod: return "/api/v1/namespaces/ns/pods";
            case Kind::event: return "/api/v1/namespaces/ns/events";
            default: return {};
        }
    }
    // The API server goes away for this kind, and breaks the watch off.
    void cut_off(int times, int status = 503) {
        world_.cluster.instead_for(times, "GET " + path_of(GetParam()) + "?limit", status);
        world_.cluster.instead_for(1, "GET " + path_of(GetParam()) + "?watch", status);
    }
    World world_;
};

class BlindToWhatDecides : public BlindObserver {};

TEST_P(BlindToWhatDecides, KnowsItUntilItIsListedAgain) {
    const auto run = world_.run();
    Observer observer(run);
    ASSERT_TRUE(observer.wait_until_synced().has_value());
    EXPECT_FALSE(observer.view().is_stale());
    cut_off(3);
    EXPECT_TRUE(wait_until(run, observer, true));
    EXPECT_TRUE(wait_until(run, observer, false)) << "though nothing has changed meanwhile";
    EXPECT_TRUE(world_.record.warnings.empty());
}

// Each try that fails is trouble, but only the first is news.
TEST_P(BlindToWhatDecides, SaysTheSameTroubleOnce) {
    const auto run = world_.run();
    Observer observer(run);
    ASSERT_TRUE(observer.wait_until_synced().has_value());
    cut_off(14);  // a list is tried seven times before that is told
    EXPECT_TRUE(wait_until(run, observer, true));
    EXPECT_TRUE(wait_until(run, observer, false));
    EXPECT_THAT(world_.progress.lines(), testing::UnorderedElementsAre(HasSubstr("watching " + path_of(GetParam())),
                                                                       HasSubstr("listing " + path_of(GetParam()))));
}

INSTANTIATE_TEST_SUITE_P(Kinds, BlindToWhatDecides, testing::Values(Kind::stateful_set, Kind::pod),
                         [](const auto& tested) { return tested.param == Kind::pod ? "Pods" : "StatefulSets"; });

class BlindToEvidence : public BlindObserver {};

TEST_P(BlindToEvidence, SeesAllThatDecides) {
    const auto run = world_.run();
    Observer observer(run);
    ASSERT_TRUE(observer.wait_until_synced().has_value());
    world_.cluster.instead_for(1, "GET " + path_of(GetParam()) + "?watch", 503);
    while (world_.progress.lines().empty()) {
        ASSERT_TRUE(observer.next(run.deadline()).has_value());
    }
    EXPECT_FALSE(observer.view().is_stale());
}

INSTANTIATE_TEST_SUITE_P(Kinds, BlindToEvidence, testing::Values(Kind::event), [](const auto&) { return "Events"; });

TEST(Observer, GivesUpReadingAtTheDeadline) {
    World world;
    world.cluster.stall("GET /api/v1/namespaces/ns/pods");
    const auto run = world.run({.timeout = 100ms});
    Observer observer(run);
    EXPECT_EQ(observer.wait_until_synced().error().code, ErrorCode::timed_out);
}

TEST(Observer, CanBeCancelledWhileItReads) {
    World world;
    world.cluster.stall("GET /api/v1/namespaces/ns/pods");
    const auto run = world.run();
    Observer observer(run);
    const std::jthread canceller([&world] {
        EXPECT_TRUE(world.cluster.wait_until_asked("GET /api/v1/namespaces/ns/pods"));
        world.stop.request_stop();
    });
    EXPECT_EQ(observer.wait_until_synced().error().code, ErrorCode::cancelled);
}

class Departure : public testing::Test {
protected:
    Departure() { world_.cluster.put_healthy_release(); }
    World world_;
};

TEST_F(Departure, IsOverWhenPodsAndOwnerAreGone) {
    const auto run = world_.run();
    Observer observer(run);
    ASSERT_TRUE(observer.wait_until_synced().has_value());
    rollout::Judge judge({}, {});
    const std::jthread remover([this] {
        EXPECT_TRUE(world_.progress.wait_for("3 left"));
        world_.cluster.remove(Kind::stateful_set, "etcd");
        for (const char* pod : {"etcd-0", "etcd-1", "etcd-2"}) {
            world_.cluster.remove(Kind::pod, pod);
        }
    });
    EXPECT_TRUE(operate::await_departure(run, observer, judge, {"set-uid"}).has_value());
    EXPECT_EQ(world_.progress.lines().back(), "all pods are gone");
    EXPECT_TRUE(observer.view().pods().empty());
    EXPECT_TRUE(observer.view().stateful_sets().empty());
}

TEST_F(Departure, FailsWithAPodThatDoesNotGo) {
    world_.cluster.put_pod({.ordinal = 1, .terminating = true});
    const auto run = world_.run();
    Observer observer(run);
    ASSERT_TRUE(observer.wait_until_synced().has_value());
    rollout::Judge judge({.stuck_terminating = 0s}, {});
    const auto result = operate::await_departure(run, observer, judge, {"set-uid"});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::rollout_failed);
    EXPECT_THAT(result.error().message, HasSubstr("pod etcd-1 does not terminate on node node1"));
    EXPECT_TRUE(world_.record.cause.has_value());
}

TEST_F(Departure, TimesOut) {
    const auto run = world_.run({.timeout = 1h});
    Observer observer(run);
    ASSERT_TRUE(observer.wait_until_synced().has_value());
    rollout::Judge judge({}, {});
    const std::jthread time([this] {
        EXPECT_TRUE(world_.progress.wait_for("3 left"));
        world_.clock.pass(1h);
        world_.cluster.put_pod({.ordinal = 2});  // wakes it up
    });
    const auto result = operate::await_departure(run, observer, judge, {"set-uid"});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::rollout_timed_out);
    EXPECT_THAT(result.error().message, HasSubstr("waiting for 3 pods to be gone"));
}

}  // namespace
