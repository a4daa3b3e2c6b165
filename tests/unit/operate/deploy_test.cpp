#include "operate/deploy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/outcome.hpp"
#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using model::Action;
using operate_test::World;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

int exit_code(const base::Result<void>& result) {
    return result ? 0 : model::failure_kind(result.error().code).exit_code;
}

// For whom the evidence does not matter.
base::Result<void> deploy(const operate::Run& run) {
    operate::Evidence evidence;
    return operate::deploy(run, evidence);
}

bool has(const std::vector<std::string>& argv, const char* flag) {
    return std::ranges::find(argv, flag) != argv.end();
}

TEST(Deploy, InstallsWhereNothingIs) {
    World world;
    world.helm_program.work = [&world](const sys::Command& command, const std::stop_token&) {
        EXPECT_EQ(command.argv.at(1), "upgrade");
        EXPECT_TRUE(has(command.argv, "--install"));
        command.on_line(sys::Stream::out, "Release \"etcd\" does not exist. Installing it now.");
        world.cluster.put_healthy_release();
        return sys::ProcessResult{};
    };
    const auto run = world.run();
    const auto result = deploy(run);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    const auto& record = world.record;
    EXPECT_EQ(record.outcome, model::Outcome::done);
    EXPECT_FALSE(record.before.has_value());
    EXPECT_EQ(record.after->revision, 1);
    EXPECT_TRUE(record.manifest_changed);
    EXPECT_EQ(record.stateful_set, "etcd");
    EXPECT_THAT(record.created_pods, ElementsAre("etcd-0", "etcd-1", "etcd-2"));
    EXPECT_TRUE(record.restarted_pods.empty());
    EXPECT_THAT(record.endpoints, Contains("etcd-1.etcd-headless.ns.svc.cluster.local:2379"));
    EXPECT_EQ(record.service_address, "etcd.ns.svc.cluster.local:2379");
    EXPECT_TRUE(record.health->healthy());
    for (const char* phase : {"check", "helm", "rollout", "etcd health"}) {
        EXPECT_TRUE(world.phase_done(phase)) << phase;
    }
    EXPECT_THAT(world.progress.lines(), Contains("| Release \"etcd\" does not exist. Installing it now."));
}

// Kubernetes makes no pod while one of its name is still ending, and is slow to try again.
TEST(Deploy, WaitsForThePodsOfASetThatIsGoneBeforeHelmBegins) {
    World world;
    world.cluster.put_pod({.ordinal = 0, .uid = "old-0", .owner_uid = "old-set"});  // not told to end yet
    world.cluster.put_pod({.ordinal = 1, .uid = "old-1", .terminating = true, .owner_uid = "old-set"});
    bool is_gone = false;
    world.progress.on_line = [&](std::string_view line) {
        if (line.contains("until the pods are gone: 2 left")) {
            is_gone = true;
            world.cluster.remove(model::Kind::pod, "etcd-0");
            world.cluster.remove(model::Kind::pod, "etcd-1");
        }
    };
    world.helm_program.work = [&](const sys::Command&, const std::stop_token&) {
        EXPECT_TRUE(is_gone);
        world.cluster.put_healthy_release();
        return sys::ProcessResult{};
    };
    const auto run = world.run();
    const auto result = deploy(run);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_TRUE(world.phase_done("pods leave"));
    EXPECT_THAT(world.record.created_pods, ElementsAre("etcd-0", "etcd-1", "etcd-2"));
}

TEST(Deploy, EndsWhenAPodOfASetThatIsGoneDoesNotLeave) {
    World world;
    world.cluster.put_pod({.ordinal = 1, .uid = "old-1", .terminating = true, .owner_uid = "old-set"});
    model::Request request;
    request.graces.stuck_terminating = {};
    const auto run = world.run(request);
    const auto result = deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, HasSubstr("pod etcd-1 does not terminate"));
    EXPECT_EQ(world.helm_program.calls(), 0);
}

TEST(Deploy, TellsWhatAnUpgradeHasChanged) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.put_release(1, "deployed", R"({"replicaCount":1})", "csa");
    world.helm_program.work = [&world](const sys::Command& command, const std::stop_token&) {
        EXPECT_FALSE(has(command.argv, "--install"));
        world.cluster.put_release(1, "superseded", R"({"replicaCount":1})");
        world.cluster.put_release(2, "deployed", R"({"replicaCount":3})");
        world.cluster.remove(model::Kind::pod, "etcd-2");
        world.cluster.put_set("r2");
        for (int ordinal = 0; ordinal < 3; ++ordinal) {
            const auto number = std::to_string(ordinal);
            world.cluster.put_pod(
                {.ordinal = ordinal, .uid = ordinal == 2 ? std::string("new-2") : "pod-" + number, .revision = "r2"});
        }
        return sys::ProcessResult{};
    };
    const auto run = world.run({.action = Action::upgrade});
    const auto result = deploy(run);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(world.record.before->revision, 1);
    EXPECT_EQ(world.record.after->revision, 2);
    ASSERT_EQ(world.record.value_changes.size(), 1U);
    EXPECT_EQ(world.record.value_changes[0].path, "replicaCount");
    EXPECT_THAT(world.record.restarted_pods, ElementsAre("etcd-2"));
    EXPECT_TRUE(world.record.created_pods.empty());
    EXPECT_THAT(world.record.warnings, ElementsAre(HasSubstr("applied client-side so far")));
}

TEST(Deploy, RefusesToUpgradeWhatIsNotThere) {
    World world;
    const auto run = world.run({.action = Action::upgrade});
    const auto result = deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::refused);
    EXPECT_EQ(result.error().message, "there is no release etcd in namespace ns to upgrade");
    EXPECT_EQ(exit_code(result), 3);
    EXPECT_EQ(world.helm_program.calls(), 0);
}

TEST(Deploy, RefusesANamespaceThatItMayNotCreate) {
    World world;
    world.cluster.instead("GET /api/v1/namespaces/ns", 404);
    const auto run = world.run({.create_namespace = false});
    const auto result = deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().message, "namespace ns does not exist");
    EXPECT_EQ(exit_code(result), 3);
    EXPECT_EQ(world.helm_program.calls(), 0);
}

TEST(Deploy, IsRefusedWhenPodsMayNotBeWatched) {
    World world;
    world.cluster.instead("GET /api/v1/namespaces/ns/pods", 403);
    const auto run = world.run();
    const auto result = deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::forbidden);
    EXPECT_EQ(exit_code(result), 3);
    EXPECT_EQ(world.helm_program.calls(), 0);
}

TEST(Deploy, FailsAsHelmDoes) {
    World world;
    world.helm_program.work = [&world](const sys::Command& command, const std::stop_token&) {
        world.cluster.put_release(1, "failed");
        command.on_line(sys::Stream::err, "Error: something broke");
        return sys::ProcessResult{.exit_code = 1, .err = "Error: something broke"};
    };
    const auto run = world.run();
    const auto result = deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(exit_code(result), 4);
    EXPECT_EQ(result.error().message, "something broke");
    EXPECT_TRUE(world.phase_failed("helm"));
    EXPECT_THAT(world.progress.lines(), Contains("| Error: something broke"));
    EXPECT_THAT(world.progress.lines(), Contains("]")) << "the log group is closed";
    EXPECT_FALSE(world.phase_failed("rollout")) << "there was none";
}

// Helm would wait for the hook until its timeout.
TEST(Deploy, EndsAHelmThatWaitsForAHookThatCrashes) {
    World world;
    world.helm_program.work = [&world](const sys::Command&, const std::stop_token& stop) {
        world.cluster.put(model::Kind::job, "migrate",
                          R"({"metadata":{"name":"migrate","uid":"job-uid","resourceVersion":"@VERSION@",)"
                          R"("annotations":{"helm.sh/hook":"pre-install"}},"spec":{},"status":{}})");
        world.cluster.put_pod({.ready = false,
                               .uid = "hook-pod",
                               .waiting_reason = "ErrImagePull",
                               .waiting_message = "not found",
                               .owner_uid = "job-uid",
                               .name = "migrate-x1"});
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any().wait_for(lock, stop, 60s, [] { return false; });
        return sys::ProcessResult{.exit_code = 143, .stopped = stop.stop_requested()};
    };
    const auto run = world.run();
    const auto result = deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(exit_code(result), 5) << result.error().text();
    EXPECT_THAT(result.error().message, HasSubstr("helm waits for the hook Job migrate: pod migrate-x1: image"));
    EXPECT_TRUE(world.record.cause.has_value());
}

TEST(Deploy, EndsHelmWhenItIsCancelled) {
    World world;
    bool stopped = false;
    world.helm_program.work = [&](const sys::Command&, const std::stop_token& stop) {
        world.stop.request_stop();
        stopped = stop.stop_requested();
        return sys::ProcessResult{.exit_code = 143, .stopped = true};
    };
    const auto run = world.run();
    const auto result = deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(exit_code(result), 130);
    EXPECT_TRUE(stopped);
    EXPECT_TRUE(world.phase_failed("helm"));
}

TEST(Deploy, FailsWhenTheReleaseVanishesMeanwhile) {
    World world;
    world.helm_program.work = [&world](const sys::Command&, const std::stop_token&) {
        world.cluster.put_healthy_release();
        world.cluster.forget_releases();
        return sys::ProcessResult{};
    };
    const auto run = world.run();
    const auto result = deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, HasSubstr("vanished"));
    EXPECT_EQ(result.error().code, base::ErrorCode::rollout_failed) << "3 would mean that nothing was touched";
}

// It takes longer than etcd is given to settle.
TEST(Deploy, WaitsForAnApiServerThatIsAwayWhenEtcdIsAsked) {
    World world;
    world.helm_program.work = [&world](const sys::Command&, const std::stop_token&) {
        world.cluster.put_healthy_release();
        return sys::ProcessResult{};
    };
    const base::Error lost{
        .code = ErrorCode::unreachable, .message = "connection refused", .context = {}, .hint = {}, .command = {}};
    world.progress.on_line = [&](std::string_view line) {
        if (line.starts_with("rolled out")) {
            world.tunnel_troubles.emplace("etcd-1", lost);
            world.cluster.instead_for(1, "POST /members/etcd-1/v3/kv/range",
                                      operate_test::FakeCluster::connection_lost);
            world.cluster.instead_for(8, "GET /version", 503);
        }
    };
    const auto run = world.run();
    const auto before = world.clock.now();
    const auto result = operate_test::deploy(run);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_GE(world.clock.now() - before, 11s);
}

TEST(Deploy, IsNotDoneBeforeEtcdIsHealthy) {
    World world;
    world.cluster.instead("POST /members/etcd-1/v3/kv/range", 503, R"({"code":14,"message":"etcdserver: no leader"})");
    world.helm_program.work = [&world](const sys::Command&, const std::stop_token&) {
        world.cluster.put_healthy_release();
        return sys::ProcessResult{};
    };
    const auto run = world.run();
    const auto before = world.clock.now();
    const auto result = deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(exit_code(result), 7) << result.error().text();
    EXPECT_THAT(result.error().message, HasSubstr("etcdserver: no leader"));
    EXPECT_GE(world.clock.now() - before, 9s) << "it is given time to settle";
    EXPECT_TRUE(world.phase_failed("etcd health"));
    EXPECT_THAT(world.record.endpoints, Contains(HasSubstr("etcd-1."))) << "it is a member all the same";
}

struct PlanCase {
    const char* name;
    std::string rendering;
    bool force = false;
    const char* refusal = "";  // empty: it is done
};

class Plan : public testing::TestWithParam<PlanCase> {};

TEST_P(Plan, OfADeploymentIsMadeBeforeHelmAppliesIt) {
    World world;
    world.cluster.put_healthy_release();
    world.helm_program.rendering = GetParam().rendering;
    int applied = 0;
    world.helm_program.work = [&](const sys::Command&, const std::stop_token&) {
        ++applied;
        return sys::ProcessResult{};
    };
    const auto run = world.run({.action = Action::upgrade, .force_quorum_risk = GetParam().force});
    const auto result = deploy(run);
    const std::string refusal = GetParam().refusal;
    EXPECT_EQ(applied, refusal.empty() ? 1 : 0);
    if (!refusal.empty()) {
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().code, base::ErrorCode::refused);
        EXPECT_THAT(result.error().message, testing::HasSubstr(refusal));
        EXPECT_FALSE(world.record.rollback.has_value());
    }
}

INSTANTIATE_TEST_SUITE_P(
    Of, Plan,
    testing::Values(PlanCase{"TheSame", operate_test::FakeHelm::rendering_of("etcd", 3)},
                    PlanCase{"FewerMembers", operate_test::FakeHelm::rendering_of("etcd", 1), false,
                             "from 3 to 1, and Kubernetes would do that without etcd"},
                    PlanCase{"MoreMembers", operate_test::FakeHelm::rendering_of("etcd", 5), false, "from 3 to 5"},
                    PlanCase{"AnotherName", operate_test::FakeHelm::rendering_of("other", 3), false,
                             "the chart would delete StatefulSet etcd"},
                    PlanCase{"MoreMembersUnderForce", operate_test::FakeHelm::rendering_of("etcd", 5), true},
                    PlanCase{"AChartThatCannotBeRendered", "", false, "helm cannot render the chart"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
