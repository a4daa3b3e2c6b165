#include "operate/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/outcome.hpp"
#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using model::Action;
using operate_test::World;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::string api = "GET /api/v1/namespaces/ns";

int exit_code(const base::Result<void>& result) {
    return result ? 0 : model::failure_kind(result.error().code).exit_code;
}

base::Result<void> verify(World& world, std::chrono::milliseconds timeout = 1min) {
    const auto run = world.run({.action = Action::verify, .timeout = timeout});
    return operate::verify(run);
}

std::vector<std::string> rules(const World& world) {
    std::vector<std::string> names;
    for (const auto& finding : world.record.health->findings) {
        names.push_back(finding.rule);
    }
    return names;
}

TEST(Verify, ReadsEverythingAndChangesNothing) {
    World world;
    world.cluster.put_healthy_release();
    const auto result = verify(world);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    const auto& record = world.record;
    EXPECT_FALSE(record.touched);
    EXPECT_EQ(record.after->revision, 1);
    EXPECT_EQ(record.stateful_set, "etcd");
    EXPECT_EQ(record.endpoints.size(), 3U);
    ASSERT_EQ(record.health->members.size(), 3U);
    const auto& member = record.health->members[0];
    EXPECT_EQ(member.hash->hash, 77U);
    EXPECT_EQ(member.metrics->open_descriptors, 19U);
    EXPECT_EQ(member.state.zone, "a");
    EXPECT_EQ(world.helm_program.calls(), 0);
    EXPECT_THAT(world.cluster.asked(),
                Each(AllOf(Not(StartsWith("PUT")), Not(StartsWith("PATCH")), Not(StartsWith("DELETE")))));
    EXPECT_FALSE(world.cluster.was_asked("GET /api/v1/namespaces/ns/pods?watch")) << "a list will do";
    EXPECT_TRUE(world.phase_done("check"));
    EXPECT_TRUE(world.phase_done("etcd health"));
}

TEST(Verify, FindsEtcdByItsLabelsWithoutARelease) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.forget_releases();
    world.cluster.put(
        model::Kind::stateful_set, "etcd",
        R"({"metadata":{"name":"etcd","uid":"set-uid","resourceVersion":"@VERSION@",)"
        R"("labels":{"app.kubernetes.io/name":"etcd","app.kubernetes.io/instance":"etcd"}},)"
        R"("spec":{"replicas":3,"serviceName":"x","template":{"spec":{"containers":[{"name":"etcd"}]}}}})");
    const auto result = verify(world);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_FALSE(world.record.after.has_value());
}

TEST(Verify, SaysWhatCouldNotBeFound) {
    World world;
    const auto result = verify(world);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(exit_code(result), 3);
    EXPECT_EQ(
        result.error().message,
        "there is no etcd of release etcd in namespace ns: no StatefulSet that helm made for it, and none labelled "
        "app.kubernetes.io/instance=etcd and app.kubernetes.io/name=etcd (or component=etcd)");
    EXPECT_THAT(result.error().hint, HasSubstr("correct release and namespace"));
}

TEST(Verify, SaysThatTheNamespaceIsNotThere) {
    World world;
    world.cluster.instead(api, 404);
    const auto result = verify(world);
    EXPECT_EQ(exit_code(result), 3);
    EXPECT_EQ(result.error().message, "namespace ns does not exist");
}

TEST(Verify, IsExitCodeSevenWhenAMemberIsNotWell) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.instead("POST /members/etcd-1/v3/kv/range", 503, R"({"code":14,"message":"etcdserver: no leader"})");
    const auto before = world.clock.now();
    const auto result = verify(world);
    EXPECT_EQ(exit_code(result), 7);
    EXPECT_THAT(result.error().message, HasSubstr("etcdserver: no leader"));
    EXPECT_LT(world.clock.now() - before, 5s) << "one pass";
    EXPECT_THAT(rules(world), Contains("linearizable-read"));
    EXPECT_THAT(world.record.health->notes, Contains(HasSubstr("data are the same: not every member answers")));
}

TEST(Verify, NamesAPodThatDoesNotRunWithoutAskingIt) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.remove(model::Kind::pod, "etcd-2");
    world.cluster.put_pod(
        {.ordinal = 1, .ready = false, .waiting_reason = "ImagePullBackOff", .waiting_message = "no"});
    const auto result = verify(world);
    EXPECT_EQ(exit_code(result), 7);
    const auto& findings = world.record.health->findings;
    ASSERT_GE(findings.size(), 2U);
    EXPECT_EQ(findings[0].subject, "etcd-1");
    EXPECT_THAT(findings[0].message, HasSubstr("its pod does not run: ImagePullBackOff"));
    EXPECT_EQ(findings[1].subject, "etcd-2");
    EXPECT_THAT(findings[1].message, HasSubstr("it does not exist"));
    EXPECT_FALSE(world.cluster.was_asked("POST /members/etcd-1/"));
}

// A member that is down costs the deadline once, not once for each question.
TEST(Verify, WaitsForAMemberThatDoesNotAnswerOnce) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.stall("POST /members/etcd-2");
    world.cluster.stall("GET /members/etcd-2");
    const auto before = std::chrono::steady_clock::now();
    const auto result = verify(world, 2s);
    EXPECT_EQ(exit_code(result), 7);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 3900ms);
    EXPECT_EQ(world.record.health->healthy_members, 2U);
}

TEST(Verify, BlamesTheWayToAMemberThatCouldNotBeAsked) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.stall("POST /members/etcd-2");
    world.tunnel_troubles["etcd-2"] =
        base::fail(ErrorCode::timed_out, "the port-forward to pod etcd-2: it was not opened in time").error();
    const auto result = verify(world, 1s);
    EXPECT_EQ(exit_code(result), 7);
    EXPECT_THAT(result.error().message, HasSubstr("etcd-2: it was not opened in time"));
    EXPECT_THAT(rules(world), AllOf(Contains("port-forward"), Not(Contains("linearizable-read"))));
}

TEST(Verify, TakesNobodyListeningForTheMembersOwnTrouble) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.instead("POST /members/etcd-2/v3/maintenance/status", 503);
    world.cluster.instead("POST /members/etcd-2/v3/kv/range", 503);
    world.tunnel_troubles["etcd-2"] =
        base::fail(ErrorCode::not_found, "nothing listens on port 2379 of the pod").error();
    EXPECT_EQ(exit_code(verify(world)), 7);
    EXPECT_THAT(rules(world), AllOf(Contains("linearizable-read"), Not(Contains("port-forward"))));
}

// A 401 on the way is Kubernetes': nothing is known of etcd, and its password is not wrong.
TEST(Verify, EndsWhenKubernetesDoesNotAcceptTheCredentialsAnyMore) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.stall("POST /members/etcd-1");
    world.tunnel_troubles["etcd-1"] = base::fail(ErrorCode::unauthorized, "Unauthorized", "make a new token").error();
    const auto result = verify(world, 1s);
    EXPECT_EQ(exit_code(result), 3);
    EXPECT_EQ(result.error().message, "Unauthorized");
    EXPECT_EQ(result.error().hint, "make a new token");
    EXPECT_FALSE(world.record.health.has_value());
}

TEST(Verify, NotesWhatItMayNotRead) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.instead("GET /api/v1/nodes/node1/proxy/stats/summary", 403);
    world.cluster.instead("GET /api/v1/nodes/node1", 403);
    world.cluster.instead("GET /apis/policy/v1", 403);
    world.cluster.instead(api + "/persistentvolumeclaims", 403);
    world.cluster.instead(api + "/secrets?", 403);
    world.cluster.instead("GET /members/etcd-0/metrics", 404, "404 page not found");
    world.cluster.instead("POST /members/etcd-1/v3/maintenance/hashkv", 403,
                          R"({"code":7,"message":"etcdserver: permission denied"})");
    const auto result = verify(world);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_THAT(world.record.health->notes,
                testing::UnorderedElementsAre(
                    HasSubstr("disruption budgets: the kubeconfig's user may not read them"),
                    HasSubstr("the zones of the nodes (node1): "), HasSubstr("the use of the volumes (node1): "),
                    HasSubstr("volume claims: "), HasSubstr("helm's release: "),
                    HasSubstr("disk, network and memory of etcd-0: /metrics answers HTTP 404"),
                    HasSubstr("data are the same: etcd's user root may not")));
}

TEST(Verify, AsksAgainForHashesThatWereCompactedAway) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.instead("POST /members/etcd-1/v3/maintenance/hashkv", 400,
                          R"({"code":11,"message":"etcdserver: mvcc: required revision has been compacted"})");
    const auto result = verify(world);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    const auto asked = world.cluster.asked();
    EXPECT_EQ(std::ranges::count(asked, "POST /members/etcd-1/v3/maintenance/hashkv"), 3);
    EXPECT_THAT(world.record.health->notes, Contains(HasSubstr("has been compacted")));
}

TEST(Verify, ComparesTheDataOfTheMembers) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.instead("POST /members/etcd-2/v3/maintenance/hashkv", 200,
                          R"({"header":{"revision":"9"},"hash":78,"compact_revision":"1","hash_revision":"9"})");
    const auto result = verify(world);
    EXPECT_EQ(exit_code(result), 7);
    EXPECT_THAT(result.error().message, HasSubstr("etcd-2: the data at revision 9 is not the same"));
}

TEST(Verify, IsRefusedToWhoMayNotEvenListPods) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.instead("POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews", 201,
                          R"({"status":{"resourceRules":[]}})");
    const auto result = verify(world);
    EXPECT_EQ(exit_code(result), 3);
    EXPECT_THAT(result.error().message, HasSubstr("list statefulsets.apps; list pods; get, create pods/portforward"));
}

}  // namespace
