#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "instant_clock.hpp"
#include "kube/client.hpp"
#include "kube/decode.hpp"
#include "support/scripted_http.hpp"

namespace kube {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto budgets = R"({"items":[
  {"metadata":{"name":"etcd","generation":2},
   "spec":{"minAvailable":2,"selector":{"matchLabels":{"app":"etcd"}}},
   "status":{"observedGeneration":2,"disruptionsAllowed":1,"currentHealthy":3,"desiredHealthy":2,"expectedPods":3}},
  {"metadata":{"name":"other","generation":2},
   "spec":{"selector":{"matchExpressions":[{"key":"app","operator":"Exists"}]}},
   "status":{"observedGeneration":1}}]})";

TEST(DisruptionBudgets, TellWhatTheirControllerCounted) {
    const auto decoded = decode_disruption_budgets(budgets);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
    ASSERT_EQ(decoded->size(), 2U);
    const auto& first = decoded->at(0);
    EXPECT_EQ(first.name, "etcd");
    EXPECT_TRUE(first.is_current);
    EXPECT_EQ(first.disruptions_allowed, 1);
    EXPECT_EQ(first.desired_healthy, 2);
    EXPECT_TRUE(selects(first, {{"app", "etcd"}, {"pod", "etcd-0"}}));
    EXPECT_FALSE(selects(first, {{"app", "web"}}));
    EXPECT_TRUE(decoded->at(1).has_expressions);
    EXPECT_FALSE(decoded->at(1).is_current);
    EXPECT_FALSE(selects(decoded->at(1), {{"app", "etcd"}})) << "that is not known";
}

TEST(Volumes, OfOtherNamespacesAndUnmeasuredOnesAreLeftOut) {
    const auto uses = decode_volume_use(
        R"({"node":{},"pods":[{"podRef":{},"volume":[
            {"name":"data","pvcRef":{"name":"data-etcd-0","namespace":"ns"},"capacityBytes":100,"availableBytes":40},
            {"name":"data","pvcRef":{"name":"data-etcd-1","namespace":"other"},"capacityBytes":100,"availableBytes":40},
            {"name":"data","pvcRef":{"name":"data-etcd-2","namespace":"ns"}},
            {"name":"odd","pvcRef":{"name":"data-etcd-3","namespace":"ns"},"capacityBytes":100,"availableBytes":900},
            {"name":"token","capacityBytes":1,"availableBytes":1}]},{"podRef":{}}]})",
        "ns");
    ASSERT_TRUE(uses.has_value()) << uses.error().text();
    EXPECT_THAT(*uses,
                ElementsAre(model::VolumeUse{"data-etcd-0", 100, 40}, model::VolumeUse{"data-etcd-3", 100, 100}));
}

TEST(Placement, ThatMakeNoSenseAreErrors) {
    for (const char* text : {"", "[", R"({"items":{}})", R"({"items":[{}]})", R"({"items":[1]})",
                             R"({"items":[{"metadata":{"name":"x"},"status":{"disruptionsAllowed":"1"}}]})",
                             R"({"items":[{"metadata":{"name":"x"},"spec":{"selector":{"matchLabels":{"a":1}}}}]})"}) {
        EXPECT_FALSE(decode_disruption_budgets(text).has_value()) << text;
    }
    for (const char* text :
         {"", R"({"pods":{}})", R"({"pods":[{"volume":1}]})", R"({"pods":[{"volume":[{"pvcRef":1}]}]})"}) {
        EXPECT_FALSE(decode_volume_use(text, "ns").has_value()) << text;
    }
    EXPECT_THAT(*decode_volume_use("{}", "ns"), IsEmpty());
}

struct PlacementTest : testing::Test {
    support::ScriptedHttp http;
    InstantClock clock;
    Client client{http, clock, {.server = "https://cluster:6443"}};
    Scope scope{{}, clock.now() + std::chrono::seconds(10)};
};

TEST_F(PlacementTest, AreReadFromWhereKubernetesHasThem) {
    http.on("GET /apis/policy/v1/namespaces/ns/poddisruptionbudgets").answer(200, budgets);
    http.on("GET /api/v1/nodes/node1").answer(200, R"({"metadata":{"labels":{"topology.kubernetes.io/zone":"a"}}})");
    http.on("GET /api/v1/nodes/node1/proxy/stats/summary").answer(200, "{}");
    EXPECT_EQ(client.disruption_budgets("ns", scope)->size(), 2U);
    EXPECT_EQ(*client.zone_of_node("node1", scope), "a");
    EXPECT_THAT(*client.volume_use("node1", "ns", scope), IsEmpty());
}

TEST_F(PlacementTest, AreAskedForOnceOnly) {
    http.on("GET /api/v1/nodes/node1/proxy/stats/summary").answer(403, "{}");
    http.on("GET /api/v1/nodes/node1").answer(503, "{}");
    EXPECT_EQ(client.volume_use("node1", "ns", scope).error().code, ErrorCode::forbidden);
    EXPECT_EQ(client.zone_of_node("node1", scope).error().code, ErrorCode::unreachable);
}

}  // namespace
}  // namespace kube
