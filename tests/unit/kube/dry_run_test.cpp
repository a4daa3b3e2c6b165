#include "kube/dry_run.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "instant_clock.hpp"
#include "kube/client.hpp"
#include "kube/surroundings.hpp"
#include "support/scripted_http.hpp"

namespace kube {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string path = "/apis/apps/v1/namespaces/ns/statefulsets/etcd";
const std::string gently = "PATCH " + path + "?dryRun=All&fieldManager=helm&force=false";

class DryRunTest : public testing::Test {
protected:
    [[nodiscard]] base::Result<DryRun> try_apply() {
        return client_.try_apply(path, "kind: StatefulSet\n", Client::TakeFields::no, scope());
    }
    [[nodiscard]] Scope scope() { return {{}, clock_.now() + std::chrono::minutes(1)}; }
    support::ScriptedHttp http_;
    InstantClock clock_;
    Client client_{http_, clock_, {.server = "https://cluster:6443"}};
};

TEST_F(DryRunTest, GivesTheObjectAsItWouldBeAndTheServersWarnings) {
    http_.on(gently)
        .answer(200, R"({"kind":"StatefulSet"})")
        .header("warning", "299 - \"apps/v1beta1 is deprecated\"\n299 - \"unknown field \\\"x\\\"\"")
        .when_asked([](const sys::HttpRequest& request) {
            EXPECT_EQ(request.body, "kind: StatefulSet\n");
            EXPECT_THAT(request.headers,
                        testing::Contains(testing::Pair("Content-Type", "application/apply-patch+yaml")));
        });
    const auto tried = try_apply();
    ASSERT_TRUE(tried.has_value()) << tried.error().text();
    EXPECT_EQ(tried->applied, R"({"kind":"StatefulSet"})");
    EXPECT_FALSE(tried->refused.has_value());
    EXPECT_THAT(tried->warnings, ElementsAre("apps/v1beta1 is deprecated", "unknown field \"x\""));
}

TEST_F(DryRunTest, TellsWhoHasTakenWhichField) {
    http_.on(gently).answer(409, R"({"kind":"Status","message":"Apply failed with 1 conflict","details":{"causes":[
        {"reason":"FieldManagerConflict","message":"conflict with \"kubectl-edit\" using apps/v1","field":".spec.replicas"}]}})");
    const auto tried = try_apply();
    ASSERT_TRUE(tried.has_value()) << tried.error().text();
    EXPECT_THAT(tried->taken, ElementsAre(TakenField{.path = ".spec.replicas", .manager = "kubectl-edit"}));
    EXPECT_THAT(tried->applied, IsEmpty());
}

TEST_F(DryRunTest, TellsAnOtherRefusalInTheServersWords) {
    http_.on(gently).answer(422, R"({"kind":"Status","message":"spec: Forbidden: no","reason":"Invalid"})");
    const auto tried = try_apply();
    ASSERT_TRUE(tried.has_value());
    ASSERT_TRUE(tried->refused.has_value());
    EXPECT_THAT(tried->refused->message, HasSubstr("spec: Forbidden: no"));
}

TEST_F(DryRunTest, TakesAWrongTypeForARefusalAlthoughTheServerCallsItItsOwnFault) {
    http_.on(gently).answer(
        500, R"({"kind":"Status","message":"failed to create typed patch object: .a: expected string, got 1"})");
    const auto tried = try_apply();
    ASSERT_TRUE(tried.has_value()) << tried.error().text();
    ASSERT_TRUE(tried->refused.has_value());
    EXPECT_THAT(tried->refused->message, HasSubstr("expected string"));
}

TEST_F(DryRunTest, AsksAgainAfterPassingTrouble) {
    http_.on(gently).answer(429, "Too many requests");
    http_.on(gently).fails(ErrorCode::unreachable, "connection refused");
    http_.on(gently).answer(503, "starting");
    http_.on(gently).answer(200, "{}");
    const auto tried = try_apply();
    ASSERT_TRUE(tried.has_value()) << tried.error().text();
    EXPECT_EQ(tried->applied, "{}");
}

TEST_F(DryRunTest, EndsWhenTheCredentialsAreNotAcceptedAnyMore) {
    http_.on(gently).answer(401, "{}").always();
    const auto tried = try_apply();
    ASSERT_FALSE(tried.has_value());
    EXPECT_EQ(tried.error().code, ErrorCode::unauthorized);
}

TEST_F(DryRunTest, KnowsTheKindsOfAGroup) {
    http_.on("GET /apis/apps/v1").answer(200, R"({"resources":[
        {"name":"statefulsets","kind":"StatefulSet","namespaced":true},
        {"name":"statefulsets/status","kind":"StatefulSet","namespaced":true}]})");
    const auto kinds = client_.resources("apps/v1", scope());
    ASSERT_TRUE(kinds.has_value()) << kinds.error().text();
    ASSERT_EQ(kinds->size(), 1U);
    EXPECT_EQ(resource_path("apps/v1", kinds->front(), "a b", "etcd"),
              "/apis/apps/v1/namespaces/a%20b/statefulsets/etcd");
    EXPECT_EQ(resource_path("v1", {.kind = "Node", .plural = "nodes", .is_namespaced = false}, "ns", ""),
              "/api/v1/nodes");
}

TEST(Nodes, AreReadWithWhatKeepsPodsOffThem) {
    const auto nodes = decode_nodes(R"({"items":[{"metadata":{"name":"n","labels":{"a":"b"}},
        "spec":{"unschedulable":true,"taints":[{"key":"k","value":"v","effect":"NoSchedule"}]},
        "status":{"allocatable":{"cpu":"1930m","memory":"7Gi"}}}]})");
    ASSERT_TRUE(nodes.has_value()) << nodes.error().text();
    ASSERT_EQ(nodes->size(), 1U);
    const auto& node = nodes->front();
    EXPECT_TRUE(node.is_unschedulable);
    EXPECT_EQ(node.labels.at("a"), "b");
    ASSERT_EQ(node.taints.size(), 1U);
    EXPECT_EQ(node.taints.front().effect, "NoSchedule");
    EXPECT_EQ(node.cpu, "1930m");
    EXPECT_EQ(node.memory, "7Gi");
}

TEST(TemplateRevisions, AreReadWithoutThePatchThatTheyAre) {
    const auto revisions = decode_template_revisions(R"({"items":[{"metadata":{"name":"etcd-5d",
        "ownerReferences":[{"uid":"other"},{"uid":"set-uid","controller":true}]},
        "data":{"spec":{"template":{"$patch":"replace","spec":{"containers":[]}}}}},
        {"metadata":{"name":"of-others"},"data":{}}]})");
    ASSERT_TRUE(revisions.has_value()) << revisions.error().text();
    ASSERT_EQ(revisions->size(), 2U);
    EXPECT_EQ(revisions->front().owner_uid, "set-uid");
    EXPECT_EQ(revisions->front().pod_template, R"({"spec":{"containers":[]}})");
    EXPECT_EQ(revisions->back().pod_template, "");
}

TEST(ResourceQuotas, AreReadWithWhatIsUsed) {
    const auto quotas = decode_resource_quotas(R"({"items":[{"metadata":{"name":"q"},
        "spec":{"hard":{"pods":"2"},"scopes":["BestEffort"]},"status":{"used":{"pods":"1"}}}]})");
    ASSERT_TRUE(quotas.has_value()) << quotas.error().text();
    EXPECT_EQ(quotas->front().hard.at("pods"), "2");
    EXPECT_EQ(quotas->front().used.at("pods"), "1");
    EXPECT_TRUE(quotas->front().has_scopes);
}

}  // namespace
}  // namespace kube
