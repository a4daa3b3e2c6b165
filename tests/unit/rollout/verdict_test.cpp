#include "rollout/verdict.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "model/timestamp.hpp"
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
    rollout::Judge judge({}, {.resource_version = 15, .restarts = {}});
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

// Twice already, by the kubelet, since that probe fails.
void add_killed(rollout::View& view, const std::string& probe, const std::string& begin,
                const std::string& container = "etcd") {
    auto killing =
        event("pod-1-new", "Killing", "Container " + container + " failed " + probe + " probe, will be restarted", 103);
    killing.container = container;
    view.upsert(crashing(2, "Error"));
    view.upsert(event("pod-1-new", "Started", "Container started", 101));
    view.upsert(event("pod-1-new", "Unhealthy", begin + " probe failed: statuscode: 404", 102));
    view.upsert(killing);
}

// Of the run that ended, and of the kubelet's word that it stops a container.
void set_times(rollout::View& view, const char* started, const char* finished, const char* killing) {
    auto killed = view.pods().at("etcd-1");
    killed.meta.resource_version += 1;
    killed.containers[0].last_terminated->started = model::parse_timestamp(started);
    killed.containers[0].last_terminated->finished = model::parse_timestamp(finished);
    view.upsert(killed);
    auto told = view.events().at("Killing-pod-1-new");
    told.meta.resource_version += 10;
    told.seen = model::parse_timestamp(killing);
    view.upsert(told);
}

// By itself, not by a signal.
void ended_by_itself(rollout::View& view) {
    auto ended = view.pods().at("etcd-1");
    ended.meta.resource_version += 1;
    ended.containers[0].last_terminated->exit_code = 1;
    view.upsert(ended);
}

model::Pod unschedulable(const std::string& message) {
    auto made = pod(1, false);
    made.node.clear();
    made.phase = "Pending";
    made.containers.clear();
    made.conditions = {{.type = "PodScheduled", .status = "False", .reason = "Unschedulable", .message = message}};
    return made;
}

// No scheduler has said anything of it.
model::Pod unseen_by(const std::string& scheduler) {
    auto made = unschedulable("");
    made.conditions.clear();
    made.scheduler = scheduler;
    return made;
}

model::PersistentVolumeClaim claim(const std::string& phase) {
    return {
        .meta = {.name = "data-etcd-1", .uid = "claim-1", .resource_version = 60}, .phase = phase, .volume = "pv-1"};
}

// The node controller has turned Ready, and nothing else.
model::Pod on_silent_node(int ordinal, const std::string& revision = "new") {
    auto made = pod(ordinal, true, revision);
    made.conditions = {{.type = "PodScheduled", .status = "True"},
                       {.type = "ContainersReady", .status = "True"},
                       {.type = "Ready",
                        .status = "False",
                        .reason = {},
                        .message = {},
                        .last_transition = model::parse_timestamp("2026-11-25T14:03:05Z")}};
    return made;
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
            [](auto& view) { view.upsert(waiting_pod(1, "CreateContainerConfigError", "secret \"x\" not found")); },
            20s, "pod etcd-1: container etcd cannot be configured: secret \"x\" not found"},
        HopelessCase{"StaleCache",
                     [](auto& view) {
                         view.upsert(waiting_pod(1, "CreateContainerConfigError", "failed to sync secret cache"));
                     },
                     60s, "pod etcd-1: container etcd cannot be configured: failed to sync secret cache"},
        HopelessCase{"ImageThatMayNotBePulled",
                     [](auto& view) { view.upsert(waiting_pod(1, "ErrImageNeverPull", "is not present")); }, 0s,
                     "pod etcd-1: image quay.io/coreos/etcd:v3.7.3 is not on the node, and the pull policy is Never"},
        HopelessCase{"ContainerThatCannotRun",
                     [](auto& view) {
                         auto broken = waiting_pod(1, "", "");
                         broken.containers[0].terminated = {
                             .exit_code = 127, .reason = "ContainerCannotRun", .message = "no such file"};
                         view.upsert(broken);
                     },
                     60s, "pod etcd-1: container etcd cannot run: no such file"},
        HopelessCase{"CrashLoop", [](auto& view) { view.upsert(crashing(2, "Error")); }, 0s,
                     "pod etcd-1: container etcd keeps crashing, last with exit code 137"},
        HopelessCase{"OutOfMemory", [](auto& view) { view.upsert(crashing(2, "OOMKilled")); }, 0s,
                     "pod etcd-1: container etcd keeps being killed for want of memory (OOMKilled)"},
        HopelessCase{"OutOfMemoryWithALimit",
                     [](auto& view) {
                         auto killed = crashing(2, "OOMKilled");
                         killed.containers[0].memory_limit = "64Mi";
                         view.upsert(killed);
                     },
                     0s,
                     "pod etcd-1: container etcd keeps being killed for want of memory (OOMKilled), its limit is 64Mi"},
        HopelessCase{"TooLittleMemoryToStartIn",
                     [](auto& view) {
                         auto killed = crashing(2, "StartError");
                         killed.containers[0].last_terminated->message =
                             "container init was OOM-killed (memory limit too low?)";
                         view.upsert(killed);
                     },
                     0s, "pod etcd-1: container etcd keeps being killed for want of memory (OOMKilled)"},
        HopelessCase{"NoSuchProgram",
                     [](auto& view) {
                         auto broken = crashing(2, "StartError");
                         broken.containers[0].last_terminated->message = "exec: \"etcd\": executable file not found";
                         view.upsert(broken);
                     },
                     0s, "pod etcd-1: container etcd cannot run: exec: \"etcd\": executable file not found"},
        HopelessCase{"KilledByItsStartupProbe", [](auto& view) { add_killed(view, "startup", "Startup"); }, 0s,
                     "pod etcd-1: container etcd keeps being killed since its startup probe fails: statuscode: 404"},
        HopelessCase{"KilledByItsLivenessProbe", [](auto& view) { add_killed(view, "liveness", "Liveness"); }, 0s,
                     "pod etcd-1: container etcd keeps being killed since its liveness probe fails: statuscode: 404"},
        HopelessCase{"CrashingAfterItWasKilledOnce",
                     [](auto& view) {
                         add_killed(view, "startup", "Startup");
                         ended_by_itself(view);
                         view.upsert(event("pod-1-new", "Started", "Container started", 104));
                     },
                     0s, "pod etcd-1: container etcd keeps crashing, last with exit code 1"},
        HopelessCase{"KilledInTheRunThatEndedThoughItWasStartedSince",
                     [](auto& view) {
                         add_killed(view, "liveness", "Liveness");
                         view.upsert(event("pod-1-new", "Started", "Container started", 104));
                         set_times(view, "2026-11-25T14:00:00Z", "2026-11-25T14:00:09Z", "2026-11-25T14:00:08Z");
                     },
                     0s,
                     "pod etcd-1: container etcd keeps being killed since its liveness probe fails: statuscode: 404"},
        HopelessCase{"CrashingInTheRunAfterTheOneThatWasKilled",
                     [](auto& view) {
                         add_killed(view, "liveness", "Liveness");
                         ended_by_itself(view);
                         set_times(view, "2026-11-25T14:00:10Z", "2026-11-25T14:00:19Z", "2026-11-25T14:00:08Z");
                     },
                     0s, "pod etcd-1: container etcd keeps crashing, last with exit code 1"},
        HopelessCase{"WhereAnotherContainerWasKilled",
                     [](auto& view) {
                         add_killed(view, "startup", "Startup", "metrics");
                         ended_by_itself(view);
                     },
                     0s, "pod etcd-1: container etcd keeps crashing, last with exit code 1"},
        HopelessCase{"KilledSinceItsHookFails",
                     [](auto& view) {
                         view.upsert(crashing(2, "Error"));
                         view.upsert(event("pod-1-new", "FailedPostStartHook", "PostStartHook failed", 102));
                         view.upsert(event("pod-1-new", "Killing", "FailedPostStartHook", 103));
                     },
                     0s, "pod etcd-1: container etcd keeps being killed since its postStart hook fails"},
        HopelessCase{"WhereAHookFailsSinceTheContainerHasEnded",
                     [](auto& view) {
                         auto ended = crashing(2, "Error");
                         ended.containers[0].last_terminated->exit_code = 1;
                         view.upsert(ended);
                         view.upsert(event("pod-1-new", "FailedPostStartHook", "PostStartHook failed", 102));
                     },
                     0s, "pod etcd-1: container etcd keeps crashing, last with exit code 1"},
        HopelessCase{"WhereTheKubeletsWordOfTheKillIsMissing",
                     [](auto& view) {
                         view.upsert(crashing(2, "Error"));
                         view.upsert(event("pod-1-new", "Unhealthy",
                                           "(combined from similar events): Liveness probe failed: statuscode: 503",
                                           102));
                     },
                     0s,
                     "pod etcd-1: container etcd keeps crashing, last with exit code 137, while its liveness probe "
                     "fails: statuscode: 503"},
        HopelessCase{"HeldByASchedulingGate",
                     [](auto& view) {
                         auto gated = unschedulable("Scheduling is blocked due to non-empty scheduling gates");
                         gated.conditions[0].reason = "SchedulingGated";
                         gated.scheduling_gates = {"example.com/queue"};
                         view.upsert(gated);
                     },
                     600s,
                     "pod etcd-1: no scheduler may look for a node while it has the scheduling gate example.com/queue"},
        HopelessCase{"NoScheduler", [](auto& view) { view.upsert(unseen_by("none-such")); }, 45s,
                     "pod etcd-1: the scheduler none-such does not look for a node"},
        HopelessCase{"NotReady",
                     [](auto& view) {
                         view.upsert(pod(1, false));
                         view.upsert(event("pod-1-new", "Unhealthy", "Readiness probe failed: statuscode: 503"));
                     },
                     120s,
                     "pod etcd-1: container etcd runs, but does not become ready: Readiness probe failed: "
                     "statuscode: 503"},
        HopelessCase{"NodeLost", [](auto& view) { view.upsert(on_silent_node(1)); }, 120s,
                     "node node2 is not ready since 2026-11-25T14:03:05Z, and pod etcd-1 is on it"},
        HopelessCase{"NodeLostUnderAPodOfTheOldRevision", [](auto& view) { view.upsert(on_silent_node(1, "old")); },
                     120s, "node node2 is not ready since 2026-11-25T14:03:05Z, and pod etcd-1 is on it"},
        HopelessCase{"NodeLostUnderAPodThatLeaves",
                     [](auto& view) {
                         auto leaving = on_silent_node(1);
                         leaving.meta.deleted.emplace();
                         leaving.meta.deletion_grace_seconds = 30;
                         view.upsert(leaving);
                     },
                     120s, "node node2 is not ready since 2026-11-25T14:03:05Z, and pod etcd-1 is on it"},
        HopelessCase{"Wedged",
                     [](auto& view) {
                         auto set = etcd_set();
                         set.ordered_ready = true;
                         set.meta.resource_version = 11;
                         view.upsert(set);
                         view.upsert(pod(1, false, "old"));
                     },
                     120s,
                     "pod etcd-1 of the old revision is not ready (running, not ready yet), and Kubernetes waits for "
                     "it instead of replacing it"},
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
        HopelessCase{"ProvisionerThatNeverAnswers",
                     [](auto& view) {
                         view.upsert(claim("Pending"));
                         view.upsert(event("claim-1", "ExternalProvisioning", "Waiting for a volume to be created"));
                     },
                     150s, "volume claim data-etcd-1 stays unbound: Waiting for a volume to be created"},
        HopelessCase{"RefusalThatPassesByItself",
                     [](auto& view) {
                         view.upsert(event("set-uid", "FailedCreate", "status unknown for quota: q, resources: pods"));
                     },
                     70s, "StatefulSet etcd cannot create its pods: status unknown for quota: q, resources: pods"},
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
                     150s, "pod etcd-1 does not terminate on node node2"},
        HopelessCase{"HeldByAFinalizer",
                     [](auto& view) {
                         auto leaving = pod(1, false);
                         leaving.meta.deleted.emplace();
                         leaving.meta.deletion_grace_seconds = 30;
                         leaving.meta.finalizers = {"example.com/backup"};
                         view.upsert(leaving);
                     },
                     150s, "pod etcd-1 does not terminate on node node2, held by the finalizer example.com/backup"}),
    [](const auto& tested) { return std::string(tested.param.name); });

// What a run finds, and what may have been put right between the runs.
struct OldCase {
    const char* name;
    // Puts it there; news of it have this version.
    std::function<void(rollout::View&, std::uint64_t version)> put;
    std::chrono::seconds as_it_was;  // its grace until something is told of it
    std::chrono::seconds as_news;
};

class OldState : public testing::TestWithParam<OldCase> {
protected:
    OldState() : judge_({}, {.resource_version = 50, .restarts = {}}) { GetParam().put(view_, 40); }
    bool is_hopeless(std::chrono::milliseconds after) {
        return judge_.stateful_set(view_, "etcd", rollout_test::set_uid, start + after).cause.has_value();
    }
    rollout::View view_ = view_of(etcd_set(), {pod(0), pod(2)});
    rollout::Judge judge_;
};

TEST_P(OldState, IsGivenTheTimeForAnotherTry) {
    const auto grace = GetParam().as_it_was;
    EXPECT_EQ(is_hopeless(0s), grace == 0s);
    if (grace > 0s) {
        EXPECT_FALSE(is_hopeless(grace - 1ms));
    }
    EXPECT_TRUE(is_hopeless(grace));
}

TEST_P(OldState, IsJudgedAsAnyOtherOnceItIsNews) {
    const auto grace = GetParam().as_news;
    is_hopeless(0s);
    GetParam().put(view_, 60);
    if (grace > 0s) {
        EXPECT_FALSE(is_hopeless(grace - 1ms));
    }
    EXPECT_TRUE(is_hopeless(grace));
}

OldCase old_pod(const char* name, const char* reason, const char* message, std::chrono::seconds as_it_was,
                std::chrono::seconds as_news) {
    return {name,
            [reason, message](auto& view, auto version) {
                auto made = waiting_pod(1, reason, message);
                made.meta.resource_version = version;
                view.upsert(made);
            },
            as_it_was, as_news};
}

// The claim itself does not change while making its volume fails again and again.
OldCase old_claim(const char* name, const char* message, std::chrono::seconds as_news) {
    return {name,
            [message](auto& view, auto version) {
                auto made = claim("Pending");
                made.meta.resource_version = 30;
                view.upsert(made);
                view.upsert(event("claim-1", "ProvisioningFailed", message, version));
            },
            150s, as_news};
}

INSTANTIATE_TEST_SUITE_P(
    States, OldState,
    testing::Values(old_pod("ImageNotFound", "ImagePullBackOff", "quay.io/x:y: not found", 90s, 0s),
                    old_pod("ImageThatMayNotBePulled", "ErrImageNeverPull", "is not present", 90s, 0s),
                    old_pod("MissingSecret", "CreateContainerConfigError", "secret \"x\" not found", 60s, 20s),
                    old_pod("InvalidImageNameThatNoOtherTryHelps", "InvalidImageName", "couldn't parse", 0s, 0s),
                    old_claim("MissingStorageClass", "storageclass.storage.k8s.io \"fast\" not found", 0s),
                    old_claim("FailedProvisioning", "no space left", 30s),
                    OldCase{"LostVolume",
                            [](auto& view, auto version) {
                                auto made = claim("Lost");
                                made.meta.resource_version = version;
                                view.upsert(made);
                            },
                            150s, 0s}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Judge, ForgetsAMissingStorageClassOnceAVolumeIsBeingMade) {
    auto view = view_of(etcd_set(), {pod(0), pod(2)});
    view.upsert(claim("Pending"));
    view.upsert(event("claim-1", "ProvisioningFailed", "storageclass.storage.k8s.io \"fast\" not found", 40));
    rollout::Judge judge({}, {.resource_version = 50, .restarts = {}});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 1s).cause)
        << "it has changed since then, as it does when a class is found";
    view.upsert(event("claim-1", "ExternalProvisioning", "Waiting for a volume to be created", 70));
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 10s).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 159s).cause);
    const auto cause = judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 160s).cause;
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->headline, "volume claim data-etcd-1 stays unbound: Waiting for a volume to be created");
}

struct StartCase {
    const char* name;
    std::vector<std::pair<const char*, const char*>> events;  // reason, message; oldest first
    const char* headline;                                     // empty: nothing is wrong
};

class TroubleBeforeTheStart : public testing::TestWithParam<StartCase> {};

TEST_P(TroubleBeforeTheStart, CountsUntilALaterEventProvesThatItIsOver) {
    auto view = view_of(etcd_set(), {pod(0), waiting_pod(1, "ContainerCreating", ""), pod(2)});
    std::uint64_t version = 100;
    for (const auto& [reason, message] : GetParam().events) {
        auto told = event("pod-1-new", reason, message, ++version);
        told.meta.name = told.meta.uid = "event-" + std::to_string(version);
        view.upsert(told);
    }
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    const auto cause = judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 150s).cause;
    EXPECT_EQ(cause ? cause->headline : "", GetParam().headline);
}

constexpr const char* attached_1 = "AttachVolume.Attach succeeded for volume \"pvc-1\" ";
constexpr const char* not_attached_1 = "AttachVolume.Attach failed for volume \"pvc-1\" : timed out";

INSTANTIATE_TEST_SUITE_P(
    Events, TroubleBeforeTheStart,
    testing::Values(
        StartCase{"AMountThatFailsIsOne", {{"FailedMount", "no secret"}}, "pod etcd-1: no secret"},
        StartCase{"PullingProvesThatAllIsMounted", {{"FailedMount", "no secret"}, {"Pulling", "Pulling image"}}, ""},
        StartCase{"AnImageThatIsThereProvesIt", {{"FailedMount", "no secret"}, {"Pulled", "already present"}}, ""},
        StartCase{"PullingProvesThatThereIsASandbox",
                  {{"FailedCreatePodSandBox", "no network"}, {"Pulling", "Pulling image"}},
                  ""},
        StartCase{"AContainerThatWasMadeProvesIt", {{"FailedCreatePodSandBox", "no network"}, {"Created", ""}}, ""},
        StartCase{"ASandboxThatFailsAgainIsNews",
                  {{"FailedCreatePodSandBox", "no network"}, {"Pulling", ""}, {"FailedCreatePodSandBox", "lost"}},
                  "pod etcd-1: lost"},
        StartCase{"AVolumeThatIsAttachedAfterAllIsNone",
                  {{"FailedAttachVolume", not_attached_1}, {"SuccessfulAttachVolume", attached_1}},
                  ""},
        StartCase{"AnotherVolumeProvesNothing",
                  {{"FailedAttachVolume", "AttachVolume.Attach failed for volume \"pvc-2\" : in use"},
                   {"SuccessfulAttachVolume", attached_1}},
                  "pod etcd-1: AttachVolume.Attach failed for volume \"pvc-2\" : in use"},
        StartCase{"AnAttachedVolumeProvesNothingOfAMount",
                  {{"FailedMount", "no secret"}, {"SuccessfulAttachVolume", attached_1}},
                  "pod etcd-1: no secret"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Judge, CountsAVolumeOfWhichAttachingAndMountingFailInTurnsOnce) {
    auto view = view_of(etcd_set(), {pod(0), waiting_pod(1, "ContainerCreating", ""), pod(2)});
    rollout::Judge judge({}, {});
    view.upsert(event("pod-1-new", "FailedAttachVolume", not_attached_1, 101));
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    view.upsert(event("pod-1-new", "FailedMount", "timed out waiting for the condition", 102));
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 120s).cause);
    view.upsert(event("pod-1-new", "FailedAttachVolume", not_attached_1, 103));
    EXPECT_TRUE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 150s).cause);
}

constexpr const char* unbound = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found";

TEST(Judge, LeavesAPodWhoseVolumeIsBeingMadeToTheRulesOfItsClaim) {
    auto view = view_of(etcd_set(), {pod(0), unschedulable(unbound), pod(2)});
    view.upsert(claim("Pending"));
    rollout::Judge judge({}, {});
    const auto judged = [&](std::chrono::seconds after) {
        return judge.stateful_set(view, "etcd", rollout_test::set_uid, start + after);
    };
    EXPECT_FALSE(judged(0s).cause);
    view.upsert(event("claim-1", "ExternalProvisioning", "Waiting for a volume to be created"));
    EXPECT_FALSE(judged(10s).cause);
    EXPECT_FALSE(judged(159s).cause) << "the claim has its whole grace, whatever is said of its pod";
    const auto cause = judged(160s).cause;
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->headline, "volume claim data-etcd-1 stays unbound: Waiting for a volume to be created");
}

TEST(Judge, BlamesThePodWhenNothingIsToldOfItsUnboundClaim) {
    auto view = view_of(etcd_set(), {pod(0, false), unschedulable(unbound), pod(2)});
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 149s).cause)
        << "nor the member that waits for it";
    const auto cause = judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 150s).cause;
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->headline, std::string("pod etcd-1 fits on no node: ") + unbound);
}

TEST(Judge, GivesAPodItsGraceForANodeOnceItsVolumeIsMade) {
    auto view = view_of(etcd_set(), {pod(0), unschedulable(unbound), pod(2)});
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    view.upsert(unschedulable("0/3 nodes: Insufficient cpu"));
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 100s).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 144s).cause);
    EXPECT_TRUE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 145s).cause);
}

TEST(Judge, CountsACrashLoopWhileTheContainerRunsInBetween) {
    auto view = view_of(etcd_set(), {pod(0), crashing(2, "Error"), pod(2)});
    rollout::Judge judge({.crash_loop = 60s}, {});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    view.upsert(pod(1, false));
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 30s).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 61s).cause) << "it runs";
    view.upsert(crashing(3, "Error"));
    EXPECT_TRUE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 62s).cause);
}

class BlindJudge : public testing::Test {
protected:
    rollout::Verdict judged(std::chrono::seconds after) {
        return judge_.stateful_set(view_, "etcd", rollout_test::set_uid, start + after);
    }
    rollout::View view_ = view_of(etcd_set(), {pod(0), unschedulable("0/3 nodes: Insufficient cpu"), pod(2)});
    rollout::Judge judge_{{}, {}};
};

TEST_F(BlindJudge, CallsNothingHopelessThatLastedOnlyWhileNobodyLooked) {
    EXPECT_FALSE(judged(0s).cause);
    view_.set_stale(true);
    EXPECT_FALSE(judged(1s).cause);
    const auto blind = judged(61s);
    EXPECT_FALSE(blind.cause);
    EXPECT_FALSE(blind.judge_again) << "before it sees again there is nothing to judge";
    view_.set_stale(false);
    EXPECT_EQ(judged(61s).judge_again, start + 61s + 45s) << "its grace begins anew";
    EXPECT_FALSE(judged(105s).cause);
    EXPECT_TRUE(judged(106s).cause);
}

TEST_F(BlindJudge, OnlyStopsTheClockForABlink) {
    EXPECT_FALSE(judged(0s).cause);
    view_.set_stale(true);
    EXPECT_FALSE(judged(40s).cause);
    EXPECT_FALSE(judged(46s).cause);
    view_.set_stale(false);
    EXPECT_FALSE(judged(50s).cause);
    EXPECT_FALSE(judged(54s).cause);
    EXPECT_TRUE(judged(55s).cause) << "45 s, and 10 s that were not seen";
}

TEST_F(BlindJudge, GivesNoVerdictAtOnceEither) {
    view_.upsert(waiting_pod(0, "ErrImagePull", "quay.io/x:y: not found"));
    view_.set_stale(true);
    EXPECT_FALSE(judged(0s).cause);
    view_.set_stale(false);
    EXPECT_TRUE(judged(1s).cause);
}

TEST_F(BlindJudge, LeavesHookJobsAndPodsThatGoAlone) {
    auto leaving = pod(0, false);
    leaving.meta.deleted.emplace();
    leaving.meta.resource_version = 30;
    view_.upsert(leaving);
    EXPECT_FALSE(judge_.leaving(view_, {rollout_test::set_uid}, start));
    view_.set_stale(true);
    EXPECT_FALSE(judge_.leaving(view_, {rollout_test::set_uid}, start + 1s));
    EXPECT_FALSE(judge_.leaving(view_, {rollout_test::set_uid}, start + 1h));
    EXPECT_FALSE(judge_.judge_again());
    EXPECT_FALSE(judge_.hooks(view_, "etcd", start + 2h));
    view_.set_stale(false);
    EXPECT_FALSE(judge_.leaving(view_, {rollout_test::set_uid}, start + 2h));
    EXPECT_TRUE(judge_.leaving(view_, {rollout_test::set_uid}, start + 2h + 120s));
}

TEST(Judge, LeavesACrashOfBeforeTheChangeAlone) {
    const auto view = view_of(etcd_set(), {pod(0), crashing(7, "Error"), pod(2)});
    rollout::Judge judge({}, {.resource_version = 0, .restarts = {{"pod-1-new", 6}}});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
}

TEST(Judge, WaitsForAContainerWhoseStartupProbeHasNotPassed) {
    auto starting = pod(1, false);
    starting.containers[0].started = false;
    rollout::Judge judge({}, {});
    const auto view = view_of(etcd_set(), {pod(0), starting, pod(2)});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 9min).cause);
}

TEST(Judge, DoesNotBlameAMemberThatOnlyWaitsForAnother) {
    rollout::Judge judge({.unschedulable = 300s}, {});
    auto view = view_of(etcd_set(), {pod(0, false), unschedulable("0/3 nodes: Insufficient cpu"), pod(2)});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 200s).cause);
    const auto verdict = judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 300s);
    ASSERT_TRUE(verdict.cause);
    EXPECT_EQ(verdict.cause->headline, "pod etcd-1 fits on no node: 0/3 nodes: Insufficient cpu");
}

TEST(Judge, ParallelManagementReplacesAnOutdatedPodThatIsNotReady) {
    const auto view = view_of(etcd_set(), {pod(0), pod(1, false, "old"), pod(2)});
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 1h).cause);
}

TEST(Judge, TakesAReadinessGateForNoLostNode) {
    auto gated = on_silent_node(1);
    gated.conditions.back().reason = "ReadinessGatesNotReady";
    const auto view = view_of(etcd_set(), {pod(0), gated, pod(2)});
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 1h).cause);
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

TEST(Judge, LeavesAHookJobTheRetriesThatItsChartSetsAndNamesTheFailure) {
    rollout::View view;
    auto job = hook_job();
    job.backoff_limit = 20;
    view.upsert(job);
    view.upsert(hook_pod(crashing(4, "Error")));
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.hooks(view, "etcd", start));
    EXPECT_FALSE(judge.hooks(view, "etcd", start + 1h));
    const auto cause = judge.failed_hook(view, "etcd");
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->headline, "the hook Job etcd-pre-upgrade failed: container etcd ended with exit code 137");
    EXPECT_EQ(cause->pod, "etcd-1");
    EXPECT_EQ(cause->container, "etcd");
}

// A pod that its Job has given up, and made another for.
model::Pod failed_hook_pod(const std::string& name) {
    auto made = hook_pod(pod(1, false));
    made.meta.name = name;
    made.meta.uid = "uid-of-" + name;
    made.phase = "Failed";
    made.containers[0].running = false;
    made.containers[0].terminated = model::Termination{.exit_code = 3, .reason = "Error"};
    return made;
}

// A hook's Job that has lost so many pods; the first of them is still there.
rollout::View view_of_failing_hook(int lost) {
    rollout::View view;
    auto job = hook_job();
    job.failed = lost;
    view.upsert(job);
    view.upsert(failed_hook_pod("etcd-pre-upgrade-a"));
    return view;
}

TEST(Judge, GivesAHookJobThatKeepsFailingTimeToGetOverIt) {
    rollout::View view;
    view.upsert(hook_job());
    view.upsert(hook_pod(crashing(2, "Error")));
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.hooks(view, "etcd", start));
    EXPECT_EQ(judge.judge_again(), start + 120s);
    auto running = hook_pod(pod(1));
    running.containers[0].restart_count = 3;
    running.meta.resource_version = 21;
    view.upsert(running);
    EXPECT_FALSE(judge.hooks(view, "etcd", start + 130s)) << "this time it may work";
    auto again = hook_pod(crashing(3, "Error"));
    again.meta.resource_version = 22;
    view.upsert(again);
    const auto cause = judge.hooks(view, "etcd", start + 131s);
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->headline,
              "helm waits for the hook Job etcd-pre-upgrade: pod etcd-1: container etcd ended with exit code 137, and "
              "has failed 3 times");
    EXPECT_EQ(cause->pod, "etcd-1");
    EXPECT_EQ(cause->container, "etcd");
}

TEST(Judge, CountsThePodsThatAHookJobHasLost) {
    auto view = view_of_failing_hook(1);
    rollout::Judge judge({.hook_crash_loop = 0s}, {});
    EXPECT_FALSE(judge.hooks(view, "etcd", start)) << "once is no loop";
    auto job = hook_job();
    job.failed = 2;
    job.meta.resource_version = 30;
    view.upsert(job);
    view.upsert(failed_hook_pod("etcd-pre-upgrade-b"));
    auto cause = judge.hooks(view, "etcd", start + 20s);
    ASSERT_TRUE(cause);
    EXPECT_TRUE(cause->headline.contains("container etcd ended with exit code 3, and has failed 2 times"))
        << cause->headline;
}

TEST(Judge, GivesUpNoHookJobWhosePodHasJustSucceededOrIsBeingMade) {
    auto view = view_of_failing_hook(2);
    rollout::Judge judge({.hook_crash_loop = 0s}, {});
    auto next = hook_pod(waiting_pod(2, "ContainerCreating", ""));
    view.upsert(next);
    EXPECT_FALSE(judge.hooks(view, "etcd", start)) << "it is being made";
    next.phase = "Succeeded";
    next.containers[0].waiting_reason.clear();
    next.containers[0].terminated = model::Termination{.exit_code = 0, .reason = "Completed"};
    next.meta.resource_version = 25;
    view.upsert(next);
    EXPECT_FALSE(judge.hooks(view, "etcd", start + 1s)) << "its Job is complete in a moment";
}

TEST(Judge, CountsNoFailureOfAHookJobThatWasBefore) {
    const auto view = view_of_failing_hook(4);
    EXPECT_FALSE(
        rollout::Judge({.hook_crash_loop = 0s}, {.job_failures = {{"job-uid", 3}}}).hooks(view, "etcd", start));
    EXPECT_TRUE(rollout::Judge({.hook_crash_loop = 0s}, {.job_failures = {{"job-uid", 2}}}).hooks(view, "etcd", start));
}

TEST(Judge, WaitsForEachPodThatAHookJobWants) {
    rollout::View view;
    auto job = hook_job();
    view.upsert(job);
    view.upsert(hook_pod(unschedulable("0/3 nodes are available: 3 Insufficient cpu.")));
    rollout::Judge judge({.unschedulable = 0s}, {});
    EXPECT_TRUE(judge.hooks(view, "etcd", start)) << "of two pods one may have succeeded: it is not over";
    job.conditions = {{.type = "Complete", .status = "True"}};
    job.meta.resource_version = 7;
    view.upsert(job);
    EXPECT_FALSE(judge.hooks(view, "etcd", start));
}

// The kubelet or the controller would try again in minutes; the run has both try at once.
TEST(Judge, LeavesAMemberThatBackedOffBeforeToTheRoller) {
    auto set = etcd_set();
    set.on_delete = true;
    const auto view = view_of(set, {pod(0), crashing(7, "Error"), pod(2)});
    rollout::Judge judge({}, {.restarts = {{"pod-1-new", 2}}});
    judge.expect_replacement({"pod-1-new"});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    judge.expect_replacement({});
    EXPECT_TRUE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
}

TEST(Judge, GivesARefusalOfBeforeTheTimeOfAnotherTry) {
    auto view = view_of(etcd_set(), {pod(0), pod(2)});
    view.upsert(event("set-uid", "FailedCreate", "exceeded quota: pods=2", 100));
    rollout::Judge judge({}, {.resource_version = 100});
    const auto verdict = judge.stateful_set(view, "etcd", rollout_test::set_uid, start);
    EXPECT_FALSE(verdict.cause);
    EXPECT_EQ(verdict.judge_again, start + 60s);
    EXPECT_TRUE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 60s).cause);
    view.upsert(event("set-uid", "SuccessfulCreate", "create Pod etcd-1", 101));
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 61s).cause);
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

// A hook need not be a Job: helm waits until the pod has succeeded.
model::Pod bare_hook(model::Pod made) {
    made.meta.name = "etcd-check";
    made.meta.annotations = {{"helm.sh/hook", "pre-upgrade"}};
    made.meta.owners.clear();
    return made;
}

TEST(Judge, WatchesAPodThatIsAHookAsItDoesAJob) {
    rollout::View view;
    view.upsert(bare_hook(waiting_pod(1, "ErrImagePull", "quay.io/x:y: not found")));
    const auto cause = rollout::Judge({}, {}).hooks(view, "etcd", start);
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->headline, "helm waits for a hook: pod etcd-check: image quay.io/coreos/etcd:v3.7.3 not found");
    EXPECT_FALSE(rollout::Judge({}, {.restarts = {{"pod-1-new", 0}}}).hooks(view, "etcd", start))
        << "of an earlier run";
}

TEST(Judge, LeavesThePodsOfHelmTestAlone) {
    rollout::View view;
    auto tests = bare_hook(waiting_pod(1, "ErrImagePull", "quay.io/x:y: not found"));
    tests.meta.annotations = {{"helm.sh/hook", "test"}};
    view.upsert(tests);
    EXPECT_FALSE(rollout::Judge({}, {}).hooks(view, "etcd", start));
}

// It says nothing of a pod before the volume is made on the node that it has found.
TEST(Judge, BlamesNoSchedulerWhileAVolumeIsBeingMade) {
    const auto unseen = unseen_by("default-scheduler");
    auto view = view_of(etcd_set(), {pod(0), unseen, pod(2)});
    auto made = claim("Pending");
    made.meta.annotations = {{"volume.kubernetes.io/selected-node", "node2"}};
    view.upsert(made);
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 1h).cause);
}

TEST(Judge, GivesTheClustersOwnSchedulerTimeToComeBack) {
    const auto unseen = unseen_by("default-scheduler");
    const auto view = view_of(etcd_set(), {pod(0), unseen, pod(2)});
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 149s).cause);
    EXPECT_TRUE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 150s).cause);
}

TEST(Judge, GivesTheSchedulerItsTurnHoweverShortTheGraceIs) {
    const auto unseen = unseen_by("none-such");
    const auto view = view_of(etcd_set(), {pod(0), unseen, pod(2)});
    rollout::Judge judge({.unschedulable = 0s}, {});
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start).cause);
    EXPECT_FALSE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 9s).cause);
    EXPECT_TRUE(judge.stateful_set(view, "etcd", rollout_test::set_uid, start + 10s).cause);
}

TEST(Judge, GivesAPodThatIsAHookTimeToGetOverItsCrashes) {
    rollout::View view;
    view.upsert(bare_hook(crashing(2, "Error")));
    rollout::Judge judge({}, {});
    EXPECT_FALSE(judge.hooks(view, "etcd", start));
    EXPECT_EQ(judge.judge_again(), start + 120s);
    EXPECT_TRUE(judge.hooks(view, "etcd", start + 120s));
}

TEST(Judge, NamesTheFailureOfAPodThatIsAHook) {
    rollout::View view;
    auto failed = bare_hook(pod(1, false));
    failed.phase = "Failed";
    failed.containers[0].running = false;
    failed.containers[0].terminated = model::Termination{.exit_code = 3, .reason = "Error"};
    view.upsert(failed);
    const auto cause = rollout::Judge({}, {}).failed_hook(view, "etcd");
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->headline, "the hook pod etcd-check failed: container etcd ended with exit code 3");
    EXPECT_TRUE(cause->log_tells);
}

TEST(Judge, SaysOfAHookThatItRunsRatherThanThatItIsReady) {
    rollout::View view;
    view.upsert(bare_hook(pod(1)));
    const std::vector<rollout::PodLine> expected{{"etcd-check", "running"}};
    EXPECT_EQ(rollout::Judge({}, {}).hook_pods(view, "etcd"), expected);
}

TEST(Verdict, NamesTheContainerWhereAPodHasSeveral) {
    auto prepared = waiting_pod(0, "PodInitializing", "");
    prepared.containers.insert(prepared.containers.begin(),
                               {.name = "prepare", .is_init = true, .waiting_reason = "CrashLoopBackOff"});
    auto beside = pod(1, false);
    beside.containers[0].ready = true;
    beside.containers.push_back({.name = "metrics", .waiting_reason = "ImagePullBackOff"});
    auto waits = waiting_pod(2, "PodInitializing", "");
    waits.containers.insert(waits.containers.begin(), {.name = "wait", .is_init = true, .running = true});
    const std::vector<rollout::PodLine> expected{{"etcd-0", "init container prepare: CrashLoopBackOff"},
                                                 {"etcd-1", "container metrics: ImagePullBackOff"},
                                                 {"etcd-2", "init container wait: running"}};
    EXPECT_EQ(judge(view_of(etcd_set(), {prepared, beside, waits})).pods, expected);
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
