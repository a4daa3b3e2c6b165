// What replacing members asks of the API server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/client.hpp"
#include "support/scripted_http.hpp"
#include "unit/kube/instant_clock.hpp"

namespace {

using namespace std::chrono_literals;
using kube::Departure;
using Kind = kube::Departure::Kind;

constexpr const char* eviction = "POST /api/v1/namespaces/ns/pods/etcd-2/eviction";
constexpr const char* set = "/apis/apps/v1/namespaces/ns/statefulsets/etcd";

class MembersTest : public testing::Test {
protected:
    [[nodiscard]] kube::Client client() { return {http_, clock_, {.server = "https://cluster:6443"}}; }
    [[nodiscard]] kube::Scope scope() const { return {stop_.get_token(), clock_.now() + std::chrono::minutes(5)}; }
    [[nodiscard]] base::Result<Departure> evict() { return client().evict_pod("ns", "etcd-2", "uid-2", scope()); }

    support::ScriptedHttp http_;
    kube::InstantClock clock_;
    std::stop_source stop_;
};

TEST_F(MembersTest, EvictsJustThePodThatIsMeant) {
    http_.on(eviction).answer(201, R"({"kind":"Status","status":"Success"})");
    EXPECT_EQ(evict()->kind, Kind::granted);
    const auto body = nlohmann::json::parse(http_.requests().at(0).http.body);
    EXPECT_EQ(body.at("apiVersion"), "policy/v1");
    EXPECT_EQ(body.at("deleteOptions").at("preconditions").at("uid"), "uid-2");
}

TEST_F(MembersTest, ABudgetThatAllowsNoneIsNoErrorAndIsNotAskedTwice) {
    http_.on(eviction).answer(
        429, R"({"kind":"Status","message":"Cannot evict pod as it would violate the pod's disruption budget.",)"
             R"("reason":"TooManyRequests","details":{"retryAfterSeconds":10,)"
             R"("causes":[{"reason":"DisruptionBudget","message":"needs 2 healthy pods and has 2"}]},"code":429})");
    const auto outcome = evict();
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->kind, Kind::refused);
    EXPECT_EQ(outcome->retry_after, 10s);
    EXPECT_TRUE(outcome->reason.contains("disruption budget")) << outcome->reason;
}

TEST_F(MembersTest, WaitsAsLongAsTheHeaderSays) {
    http_.on(eviction).answer(429).header("retry-after", "3");
    EXPECT_EQ(evict()->retry_after, 3s);
}

TEST_F(MembersTest, APodThatIsAnotherByNowIsGone) {
    http_.on(eviction).answer(409, R"({"kind":"Status","message":"the UID in the precondition does not match"})");
    EXPECT_EQ(evict()->kind, Kind::gone);
}

TEST_F(MembersTest, APodThatIsNotThereIsGone) {
    http_.on(eviction).answer(404);
    EXPECT_EQ(evict()->kind, Kind::gone);
}

TEST_F(MembersTest, AnApiServerInTroubleIsAskedAgainLater) {
    http_.on(eviction).fails(base::ErrorCode::unreachable, "connection refused");
    EXPECT_EQ(evict()->kind, Kind::refused);
}

TEST_F(MembersTest, AMissingRightIsAnError) {
    http_.on(eviction).answer(403, R"({"kind":"Status","message":"pods \"etcd-2\" is forbidden"})");
    EXPECT_EQ(evict().error().code, base::ErrorCode::forbidden);
}

TEST_F(MembersTest, DeletesWithTheUidAsPrecondition) {
    http_.on("DELETE /api/v1/namespaces/ns/pods/etcd-2").answer(200, "{}");
    EXPECT_EQ(client().delete_pod("ns", "etcd-2", "uid-2", scope())->kind, Kind::granted);
    const auto body = nlohmann::json::parse(http_.requests().at(0).http.body);
    EXPECT_EQ(body.at("preconditions").at("uid"), "uid-2");
}

TEST_F(MembersTest, TakesOutARollingUpdateThatWasFilledIn) {
    http_.on(std::string("GET ") + set)
        .answer(200, R"({"spec":{"updateStrategy":{"type":"RollingUpdate",)"
                     R"("rollingUpdate":{"partition":0,"maxUnavailable":1}}}})");
    http_.on(std::string("PATCH ") + set + "?fieldManager=etcd-deploy").answer(200, "{}");
    ASSERT_TRUE(client().drop_rolling_update("ns", "etcd", "uid", scope()).has_value());
    const auto patch = nlohmann::json::parse(http_.requests().at(1).http.body);
    EXPECT_EQ(patch.at(0).at("value"), "uid");
    EXPECT_EQ(patch.at(1).at("value").at("rollingUpdate").at("maxUnavailable"), 1);
    EXPECT_EQ(patch.at(2), nlohmann::json({{"op", "remove"}, {"path", "/spec/updateStrategy/rollingUpdate"}}));
}

TEST_F(MembersTest, LeavesAStrategyAloneThatHasNoneOrNamesAPartition) {
    http_.on(std::string("GET ") + set).answer(200, R"({"spec":{"updateStrategy":{"type":"RollingUpdate"}}})");
    EXPECT_TRUE(client().drop_rolling_update("ns", "etcd", "uid", scope()).has_value());
    http_.on(std::string("GET ") + set)
        .answer(200, R"({"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":2}}}})");
    EXPECT_TRUE(client().drop_rolling_update("ns", "etcd", "uid", scope()).has_value());
}

TEST_F(MembersTest, SaysWhenTheStrategyWasChangedMeanwhile) {
    http_.on(std::string("GET ") + set)
        .answer(200, R"({"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}}}})");
    http_.on(std::string("PATCH ") + set + "?fieldManager=etcd-deploy").answer(422, R"({"message":"test failed"})");
    EXPECT_EQ(client().drop_rolling_update("ns", "etcd", "uid", scope()).error().code, base::ErrorCode::conflict);
}

TEST_F(MembersTest, WakesAControllerByAnAnnotationOfThatVerySet) {
    http_.on(std::string("PATCH ") + set + "?fieldManager=etcd-deploy").answer(200, "{}");
    ASSERT_TRUE(client().wake_controller("ns", "etcd", "uid", scope()).has_value());
    const auto patch = nlohmann::json::parse(http_.requests().at(0).http.body);
    EXPECT_EQ(patch.at("metadata").at("uid"), "uid");
    EXPECT_TRUE(patch.at("metadata").at("annotations").contains("etcd-deploy/tried-again"));
    EXPECT_EQ(patch.size(), 1U) << "nothing of the template";
}

}  // namespace
