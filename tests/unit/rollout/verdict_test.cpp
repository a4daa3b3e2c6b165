#include "rollout/verdict.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "unit/rollout/builders.hpp"

namespace {

using namespace std::chrono_literals;
using rollout::State;
using rollout_test::etcd_set;
using rollout_test::event;
using rollout_test::pod;
using rollout_test::view_of;
using rollout_test::waiting_pod;

const std::chrono::steady_clock::time_point start{};

rollout::Verdict judge(const rollout::View& view) {
    rollout::Judge judge({}, {});
    return judge.stateful_set(view, "etcd", rollout_test::set_uid, start);
}

struct StateCase {
    const char* name;
    State expected;
    std::function<void(model::StatefulSet&, std::vector<model::Pod>&)> change;
};

class StatefulSetState : public testing::TestWithParam<StateCase> {};

TEST_P(StatefulSetState, IsJudgedFromItsPods) {
    auto set = etcd_set();
    std::vector pods{pod(0), pod(1), pod(2)};
    GetParam().change(set, pods);
    EXPECT_EQ(judge(view_of(set, pods)).state, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, StatefulSetState,
    testing::Values(
        StateCase{"DoneWhenAllAreReadyAndNew", State::done, [](auto&, auto&) {}},
        StateCase{"GoneWhenReplacedByAnother", State::gone, [](auto& set, auto&) { set.meta.uid = "another"; }},
        StateCase{"GoneWhileBeingDeleted", State::gone, [](auto& set, auto&) { set.meta.deleted.emplace(); }},
        StateCase{"UnobservedUntilTheControllerHasSeenTheSpec", State::unobserved,
                  [](auto& set, auto&) { set.meta.generation = 3; }},
        StateCase{"ScalingWhileAPodIsMissing", State::scaling, [](auto&, auto& pods) { pods.pop_back(); }},
        StateCase{"ScalingWhileAPodIsTooMany", State::scaling, [](auto& set, auto&) { set.replicas = 2; }},
        StateCase{"RollingWhileAPodIsOutdated", State::rolling,
                  [](auto&, auto& pods) { pods[1] = pod(1, true, "old"); }},
        StateCase{"RollingWhileAPodIsTerminating", State::rolling,
                  [](auto&, auto& pods) { pods[1].meta.deleted.emplace(); }},
        StateCase{"OnDeleteWaitsForSomebodyToDeleteOutdatedPods", State::waiting_for_operator,
                  [](auto& set, auto& pods) {
                      set.on_delete = true;
                      pods[1] = pod(1, true, "old");
                  }},
        StateCase{"PodsBelowThePartitionMayBeOutdated", State::done,
                  [](auto& set, auto& pods) {
                      set.partition = 1;
                      set.status.current_revision = "old";
                      pods[0] = pod(0, true, "old");
                  }},
        StateCase{"SettlingWhileAPodIsNotReady", State::settling, [](auto&, auto& pods) { pods[2] = pod(2, false); }},
        StateCase{"SettlingUntilAvailable", State::settling,
                  [](auto& set, auto&) { set.status.available_replicas = 2; }},
        StateCase{"SettlingUntilTheRevisionIsPromoted", State::settling,
                  [](auto& set, auto&) { set.status.current_revision = "old"; }},
        StateCase{"DoneWithoutPromotionUnderOnDelete", State::done,
                  [](auto& set, auto&) {
                      set.on_delete = true;
                      set.status.current_revision = "old";
                  }},
        StateCase{"HopelessWhenAnImageIsNotFound", State::hopeless,
                  [](auto&, auto& pods) { pods[1] = waiting_pod(1, "ErrImagePull", "quay.io/x:y: not found"); }},
        StateCase{"ASickPodOfTheOldRevisionIsNotTheChangesFault", State::rolling,
                  [](auto&, auto& pods) {
                      pods[1] = waiting_pod(1, "ErrImagePull", "quay.io/x:y: not found");
                      pods[1].meta.labels["controller-revision-hash"] = "old";
                  }}),
    [](const auto& tested) { return std::string(tested.param.name); });

struct HopelessCase {
    const char* name;
    std::function<void(rollout::View&)> change;
    std::chrono::seconds grace;
    const char* headline;
};

class Hopeless : public testing::TestWithParam<HopelessCase> {};

TEST_P(Hopeless, IsSaidWhenItsGraceIsOverAndNotBefore) {
    auto view = view_of(etcd_set(), {pod(0), pod(2)});
    GetParam().change(view);
    rollout::Judge judge({}, {.resource_version = 50, .restarts = {}});
    if (GetParam().grace > 0s) {
        const auto first = judge.stateful_set(view, "etcd", rollout_test::set_uid, start);
        EXPECT_FALSE(first.cause.has_value());
        EXPECT_EQ(first.judge_again, start + GetParam().grace);
        EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + GetParam().grace - 1ms).cause);
    }
    const auto last = judge.stateful_set(view, "etcd", rollout_test::set_uid, start + GetParam().grace);
    EXPECT_EQ(last.state, State::hopeless);
    ASSERT_TRUE(last.cause.has_value());
    EXPECT_EQ(last.cause->headline, GetParam().headline);
    EXPECT_FALSE(last.cause->hint.empty());
}

model::Pod crashing(int restarts, const std::string& reason) {
    auto made = waiting_pod(1, "CrashLoopBackOff", "back-off 20s restarting failed container");
    made.containers[0].restart_count = restarts;
    made.containers[0].last_terminated = model::Termination{.exit_code = 137, .reason = reason};
    return made;
}

model::Pod unschedulable(const std::string& message) {
    auto made = pod(1, false);
    made.node.clear();
    made.phase = "Pending";
    made.containers.clear();
    made.conditions = {{.type = "PodScheduled", .status = "False", .reason = "Unschedulable", .message = message}};
    return made;
}

model::PersistentVolumeClaim claim(const std::string& phase) {
    return {
        .meta = {.name = "data-etcd-1", .uid = "claim-1", .resource_version = 60}, .phase = phase, .volume = "pv-1"};
}

INSTANTIATE_TEST_SUITE_P(
    States, Hopeless,
    testing::Values(
        HopelessCase{"ImageNotFound",
                     [](auto& view) {
                         view.upsert(waiting_pod(1, "ImagePullBackOff", "rpc error: code = NotFound desc = not found"));
                     },
                     0s, "pod etcd-1: image quay.io/coreos/etcd:v3.7.3 not found"},
        HopelessCase{"RegistryDown",
                     [](auto& view) { view.upsert(waiting_pod(1, "ErrImagePull", "dial tcp: connection refused")); },
                     90s,
                     "pod etcd-1: image quay.io/coreos/etcd:v3.7.3 cannot be pulled: dial tcp: connection refused"},
        HopelessCase{"InvalidImageName",
                     [](auto& view) { view.upsert(waiting_pod(1, "InvalidImageName", "couldn't parse")); }, 0s,
                     "pod etcd-1: 'quay.io/coreos/etcd:v3.7.3' is no valid image name"},
        HopelessCase{
            "MissingSecret",
            [](auto& view) { view.upsert(waiting_pod(1, "CreateContainerConfigError", "secret \"x\" not found")); }, 0s,
            "pod etcd-1: container etcd cannot be configured: secret \"x\" not found"},
        HopelessCase{"StaleCache",
                     [](auto& view) {
                         view.upsert(waiting_pod(1, "CreateContainerConfigError", "failed to sync secret cache"));
                     },
                     60s, "pod etcd-1: container etcd cannot be configured: failed to sync secret cache"},
        HopelessCase{"CrashLoop", [](auto& view) { view.upsert(crashing(2, "Error")); }, 0s,
                     "pod etcd-1: container etcd keeps crashing, last with exit code 137"},
        HopelessCase{"OutOfMemory", [](auto& view) { view.upsert(crashing(2, "OOMKilled")); }, 0s,
                     "pod etcd-1: container etcd keeps being killed for want of memory (OOMKilled)"},
        HopelessCase{"NoNode", [](auto& view) { view.upsert(unschedulable("0/3 nodes: didn't match anti-affinity")); },
                     45s, "pod etcd-1 fits on no node: 0/3 nodes: didn't match anti-affinity"},
        HopelessCase{"NoNodeThoughOneWasAddedForIt",
                     [](auto& view) {
                         view.upsert(unschedulable("0/3 nodes: Insufficient cpu"));
                         view.upsert(event("pod-1-new", "TriggeredScaleUp", "pod triggered scale-up"));
                     },
                     600s, "pod etcd-1 fits on no node: 0/3 nodes: Insufficient cpu"},
        HopelessCase{"LostVolume",
                     [](auto& view) {
                         view.upsert(unschedulable("volume lost"));
                         view.upsert(claim("Lost"));
                     },
                     0s, "volume claim data-etcd-1 has lost its volume pv-1"},
        HopelessCase{"MissingStorageClass",
                     [](auto& view) {
                         view.upsert(claim("Pending"));
                         view.upsert(
                             event("claim-1", "ProvisioningFailed", "storageclass.storage.k8s.io \"fast\" not found"));
                     },
                     0s, "volume claim data-etcd-1 stays unbound: storageclass.storage.k8s.io \"fast\" not found"},
        HopelessCase{"QuotaExceeded",
                     [](auto& view) { view.upsert(event("set-uid", "FailedCreate", "exceeded quota: pods=2")); }, 10s,
                     "StatefulSet etcd cannot create its pods: exceeded quota: pods=2"},
        HopelessCase{"VolumeNotMounted",
                     [](auto& view) {
                         view.upsert(waiting_pod(1, "ContainerCreating", ""));
                         view.upsert(event("pod-1-new", "FailedMount", "MountVolume.SetUp failed"));
                     },
                     150s, "pod etcd-1: MountVolume.SetUp failed"},
        HopelessCase{"StuckTerminating",
                     [](auto& view) {
                         auto leaving = pod(1, false);
                         leaving.meta.deleted.emplace();
                         leaving.meta.deletion_grace_seconds = 30;
                         view.upsert(leaving);
                     },
                     150s, "pod etcd-1 does not terminate on node node2"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Judge, LeavesACrashOfBeforeTheChangeAlone) {
    const auto view = view_of(etcd_set(), {pod(0), crashing(7, "Error"), pod(2)});
    rollout::Judge judge({}, {.resource_version = 0, .restarts = {{"pod-1-new", 6}}});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
}

TEST(Judge, ForgetsAProblemThatWentAway) {
    rollout::Judge judge({}, {});
    auto view = view_of(etcd_set(), {pod(0), waiting_pod(1, "ErrImagePull", "connection refused"), pod(2)});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    view.upsert(pod(1));
    EXPECT_EQ(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 60s).state, State::done);
    view.upsert(waiting_pod(1, "ErrImagePull", "connection refused"));
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 100s).cause);
}

model::Job hook_job() {
    return {.meta = {.name = "etcd-pre-upgrade", .uid = "job-uid", .annotations = {{"helm.sh/hook", "pre-upgrade"}}}};
}

model::Pod hook_pod(model::Pod made) {
    made.meta.owners = {{.kind = "Job", .name = "etcd-pre-upgrade", .uid = "job-uid"}};
    return made;
}

TEST(Judge, LeavesTheHookJobOfAnEarlierRunAlone) {
    rollout::View view;
    view.upsert(hook_job());
    view.upsert(hook_pod(waiting_pod(1, "ErrImagePull", "quay.io/x:y: not found")));
    EXPECT_TRUE(rollout::Judge({}, {}).hooks(view, "etcd", start));
    EXPECT_FALSE(rollout::Judge({}, {.jobs = {"job-uid"}}).hooks(view, "etcd", start));
    EXPECT_FALSE(rollout::Judge({}, {.jobs = {"job-uid"}}).failed_hook(view, "etcd"));
}

TEST(Judge, LeavesAHookJobItsRetries) {
    rollout::View view;
    view.upsert(hook_job());
    view.upsert(hook_pod(crashing(4, "Error")));
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.hooks(view, "etcd", start + 1h));
    const auto cause = judge.failed_hook(view, "etcd");
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->headline, "the hook Job etcd-pre-upgrade failed: container etcd ended with exit code 137");
    EXPECT_EQ(cause->pod, "etcd-1");
    EXPECT_EQ(cause->container, "etcd");
}

TEST(Judge, SaysThatAHookJobRanOutOfTime) {
    rollout::View view;
    auto job = hook_job();
    rollout::Judge judge({}, {});
    view.upsert(job);
    EXPECT_FALSE(judge.failed_hook(view, "etcd"));
    job.meta.resource_version = 7;
    job.conditions = {{.type = "Failed", .status = "True", .message = "Job was active longer than specified deadline"}};
    view.upsert(job);
    ASSERT_TRUE(judge.failed_hook(view, "etcd"));
    EXPECT_EQ(judge.failed_hook(view, "etcd")->headline,
              "the hook Job etcd-pre-upgrade failed: Job was active longer than specified deadline");
}

TEST(Judge, NamesTheHookJobThatHelmWaitsFor) {
    rollout::View view;
    view.upsert(hook_job());
    view.upsert(hook_pod(unschedulable("0/3 nodes are available: 3 Insufficient cpu.")));
    rollout::Judge judge({}, {});
    const auto lines = judge.hook_pods(view, "etcd");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].phrase, "waiting for a node: 0/3 nodes are available: 3 Insufficient cpu.");
    EXPECT_FALSE(judge.hooks(view, "etcd", start));
    EXPECT_EQ(judge.judge_again(), start + 45s);
    const auto cause = judge.hooks(view, "etcd", start + 45s);
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->headline,
              "helm waits for the hook Job etcd-pre-upgrade: pod etcd-1 fits on no node: "
              "0/3 nodes are available: 3 Insufficient cpu.");
}

TEST(Verdict, TellsEachPodInWords) {
    auto set = etcd_set();
    const auto verdict = judge(view_of(set, {pod(0), pod(1, true, "old")}));
    const std::vector<rollout::PodLine> expected{
        {"etcd-0", "ready"}, {"etcd-1", "ready (outdated)"}, {"etcd-2", "not created yet"}};
    EXPECT_EQ(verdict.pods, expected);
    EXPECT_EQ(verdict.summary, "2 of 3 pods ready, 1 outdated");
}

TEST(Verdict, SaysWhyARunningPodIsNotReady) {
    auto view = view_of(etcd_set(), {pod(0), pod(1, false), pod(2)});
    view.upsert(event("pod-1-new", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"));
    EXPECT_EQ(judge(view).pods[1].phrase, "not ready: Readiness probe failed: HTTP probe failed with statuscode: 503");
}

}  // namespace
