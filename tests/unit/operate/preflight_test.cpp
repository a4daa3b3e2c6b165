#include "operate/preflight.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/outcome.hpp"
#include "unit/operate/world.hpp"

namespace {

using base::ErrorCode;
using operate_test::World;
using testing::Contains;
using testing::HasSubstr;

TEST(Preflight, TellsWhatIsThere) {
    World world;
    world.cluster.put_release(3);
    const auto run = world.run();
    const auto found = operate::preflight(run);
    ASSERT_TRUE(found.has_value()) << found.error().text();
    EXPECT_TRUE(found->namespace_exists);
    EXPECT_EQ(found->release->revision.revision, 3);
    EXPECT_EQ(world.record.kubernetes_version, "v1.37.2");
    EXPECT_EQ(world.record.helm_version, "v4.3.1");
    EXPECT_EQ(world.record.before->revision, 3);
    EXPECT_TRUE(world.phase_done("check"));
    EXPECT_THAT(world.progress.lines(), Contains(HasSubstr("release etcd at revision 3 (deployed) in namespace ns")));
}

TEST(Preflight, LooksForNoReleaseInANamespaceThatIsNotThere) {
    World world;
    world.cluster.instead("GET /api/v1/namespaces/ns", 404);
    const auto run = world.run();
    const auto found = operate::preflight(run);
    ASSERT_TRUE(found.has_value()) << found.error().text();
    EXPECT_FALSE(found->namespace_exists);
    EXPECT_FALSE(found->release.has_value());
    EXPECT_FALSE(world.record.before.has_value());
    EXPECT_THAT(world.progress.lines(), Contains(HasSubstr("does not exist yet")));
}

struct RefusalCase {
    const char* name;
    const char* request;
    int status;
    ErrorCode expected;
};

class PreflightRefusal : public testing::TestWithParam<RefusalCase> {};

TEST_P(PreflightRefusal, IsAnErrorBeforeAnythingIsTouched) {
    World world;
    world.cluster.instead(GetParam().request, GetParam().status);
    const auto run = world.run();
    const auto found = operate::preflight(run);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, GetParam().expected) << found.error().text();
    EXPECT_EQ(model::failure_kind(found.error().code).exit_code, 3);
    EXPECT_FALSE(found.error().hint.empty());
    EXPECT_TRUE(world.phase_failed("check"));
    EXPECT_EQ(world.helm_program.calls(), 0);
}

INSTANTIATE_TEST_SUITE_P(Operate, PreflightRefusal,
                         testing::Values(RefusalCase{"Unauthorized", "GET /version", 401, ErrorCode::unauthorized},
                                         RefusalCase{"Unwell", "GET /version", 503, ErrorCode::unreachable},
                                         RefusalCase{"Forbidden", "GET /api/v1/namespaces/ns/secrets", 403,
                                                     ErrorCode::forbidden}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Preflight, NamesEveryRightThatIsMissing) {
    World world;
    world.cluster.instead("POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews", 201,
                          R"({"status":{"resourceRules":[
                              {"verbs":["get","list","watch"],"apiGroups":["*"],"resources":["secrets","statefulsets","services","pods"]}]}})");
    const auto run = world.run();
    const auto found = operate::preflight(run);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, ErrorCode::forbidden);
    EXPECT_EQ(found.error().message,
              "the kubeconfig's user lacks rights in namespace ns: create, update secrets; get, create, patch "
              "configmaps; get, create, update, delete leases.coordination.k8s.io; create, patch "
              "statefulsets.apps; create, patch services; get, create "
              "pods/portforward");
    EXPECT_FALSE(world.record.touched);
}

TEST(Preflight, RefusesANamespaceThatIsBeingDeleted) {
    World world;
    world.cluster.instead("GET /api/v1/namespaces/ns", 200, R"({"status":{"phase":"Terminating"}})");
    const auto run = world.run();
    const auto found = operate::preflight(run);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, ErrorCode::refused);
    EXPECT_EQ(found.error().message, "namespace ns is being deleted");
}

TEST(Preflight, RefusesAHelmThatIsTooOld) {
    World world;
    world.helm_program.version = "v3.21.4\n";
    const auto run = world.run();
    const auto found = operate::preflight(run);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, ErrorCode::helm_unusable);
    EXPECT_TRUE(world.phase_failed("check"));
}

TEST(Preflight, BlamesTheClusterFirst) {
    World world;
    world.helm_program.version = "v3.21.4\n";
    world.cluster.instead("GET /version", 401);
    const auto run = world.run();
    EXPECT_EQ(operate::preflight(run).error().code, ErrorCode::unauthorized);
}

TEST(Preflight, TakesAServerThatDoesNotAnswerForUnreachable) {
    World world;
    world.cluster.stall("GET /version");
    const auto run = world.run({.timeout = std::chrono::milliseconds(50)});
    const auto found = operate::preflight(run);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, ErrorCode::unreachable);
}

TEST(Preflight, CanBeCancelled) {
    World world;
    world.cluster.stall("GET /version");
    const auto run = world.run();
    const std::jthread canceller([&world] {
        EXPECT_TRUE(world.cluster.wait_until_asked("GET /version"));
        world.stop.request_stop();
    });
    EXPECT_EQ(operate::preflight(run).error().code, ErrorCode::cancelled);
}

}  // namespace
