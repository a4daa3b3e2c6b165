#include "operate/diagnose.hpp"

#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/outcome.hpp"
#include "unit/operate/world.hpp"

namespace {

using base::ErrorCode;
using operate_test::World;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;

constexpr const char* nothing = R"({"metadata":{"resourceVersion":"1"},"items":[]})";
constexpr const char* headless = R"({"metadata":{"resourceVersion":"1"},"items":[
    {"metadata":{"name":"etcd-headless"},"spec":{"clusterIP":"None"}}]})";
constexpr const char* releases = R"({"items":[{"metadata":{"name":"sh.helm.release.v1.etcd.v1","namespace":"ns",
    "labels":{"owner":"helm","name":"etcd","version":"1","status":"deployed"}}}]})";

// What stands around the release. The fake cluster answers the rest.
void put_surroundings(World& world) {
    world.cluster.instead("GET /api/v1/namespaces/ns/services?", 200, headless);
    world.cluster.instead("GET /apis/discovery.k8s.io/v1/namespaces/ns/endpointslices?", 200, nothing);
    world.cluster.instead("GET /apis/storage.k8s.io/v1/storageclasses?", 200, nothing);
    world.cluster.instead("GET /api/v1/persistentvolumes?", 200, nothing);
    world.cluster.instead("GET /api/v1/namespaces/ns/secrets?", 200, releases);
}

void put_metrics(World& world) {
    world.cluster.instead("GET /members/etcd-", 200, "etcd_server_has_leader 1\n");
}

TEST(Diagnose, FindsNothingWrongWithAHealthyRelease) {
    World world;
    world.cluster.put_healthy_release();
    put_surroundings(world);
    put_metrics(world);
    const auto run = world.run({.action = model::Action::diagnose});
    operate::Evidence evidence;
    const auto result = operate::diagnose(run, evidence);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(world.record.diagnosis->main_cause(), nullptr);
    EXPECT_THAT(world.record.diagnosis->causes, ElementsAre(Field(&model::DiagnosedCause::rule, "node-spread"),
                                                            Field(&model::DiagnosedCause::rule, "zone-spread")))
        << "remarks: the cluster has one node only";
    EXPECT_THAT(world.record.diagnosis->notes, IsEmpty());
    EXPECT_FALSE(world.record.touched);
    EXPECT_TRUE(world.phase_done("look"));
    EXPECT_EQ(world.helm_program.calls(), 0);
    for (const char* file :
         {"events.txt", "objects/pods.json", "logs/etcd-0/etcd.log", "etcd/etcd-2.txt", "etcd/etcd-1.metrics.txt"}) {
        EXPECT_THAT(evidence.files(), Contains(Key(file)));
    }
}

TEST(Diagnose, TellsTheCauseAsAnUnhealthyEtcd) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.put_pod(
        {.ordinal = 2, .ready = false, .waiting_reason = "ErrImagePull", .waiting_message = "not found"});
    put_surroundings(world);
    put_metrics(world);
    const auto run = world.run({.action = model::Action::diagnose});
    operate::Evidence evidence;
    const auto result = operate::diagnose(run, evidence);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::etcd_unhealthy);
    EXPECT_THAT(result.error().message, HasSubstr("pod etcd-2: image quay.io/coreos/etcd:v3.7.3 not found"));
    EXPECT_EQ(world.record.diagnosis->main_cause()->rule, "image-not-found");
}

TEST(Diagnose, TakesWhatIsForbiddenForANote) {
    World world;
    world.cluster.put_healthy_release();
    for (const char* forbidden :
         {"GET /apis/", "GET /api/v1/namespaces/ns/events", "GET /api/v1/namespaces/ns/services",
          "GET /api/v1/namespaces/ns/secrets", "GET /api/v1/persistentvolumes",
          "GET /api/v1/namespaces/ns/persistentvolumeclaims"}) {
        world.cluster.instead(forbidden, 403);
    }
    const auto run = world.run({.action = model::Action::diagnose});
    operate::Evidence evidence;
    const auto result = operate::diagnose(run, evidence);
    EXPECT_TRUE(result.has_value()) << result.error().text();
    EXPECT_THAT(world.record.diagnosis->notes, Contains("could not look at events: needs list on events"));
    EXPECT_THAT(world.record.diagnosis->causes, IsEmpty());
}

TEST(Diagnose, IsRefusedWhenNotEvenPodsMayBeSeen) {
    World world;
    world.cluster.instead("GET /api", 403);
    const auto run = world.run({.action = model::Action::diagnose});
    operate::Evidence evidence;
    const auto result = operate::diagnose(run, evidence);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(model::failure_kind(result.error().code).exit_code, 3);
}

TEST(Diagnose, DoesNotWaitLongerThanItsTimeForWhatDoesNotAnswer) {
    World world;
    world.cluster.put_healthy_release();
    put_surroundings(world);
    world.cluster.stall("GET /api/v1/namespaces/ns/events");
    put_metrics(world);
    const auto run = world.run({.action = model::Action::diagnose, .timeout = std::chrono::milliseconds(300)});
    operate::Evidence evidence;
    std::ignore = operate::diagnose(run, evidence);
    ASSERT_TRUE(world.record.diagnosis.has_value());
    EXPECT_THAT(world.record.diagnosis->notes, Contains(HasSubstr("could not look at events: ")));
}

TEST(Diagnose, EndsAtOnceWhereNoClusterIs) {
    World world;
    world.cluster.instead("GET /version", 401);
    const auto run = world.run({.action = model::Action::diagnose});
    operate::Evidence evidence;
    EXPECT_EQ(operate::diagnose(run, evidence).error().code, ErrorCode::unauthorized);
    EXPECT_FALSE(world.record.diagnosis.has_value());
}

TEST(Evidence, StaysInItsFolderAndInItsLimits) {
    operate::Evidence evidence;
    evidence.add("logs/../../etc/passwd", "x");
    evidence.add("logs//.hidden/a b", "x");
    evidence.add("huge", std::string(std::size_t{20} << 20U, 'x'));
    for (const auto& [name, text] : evidence.files()) {
        EXPECT_THAT(name, Not(HasSubstr("..")));
        EXPECT_LE(text.size(), (std::size_t{16} << 20U) + 100);
    }
    EXPECT_THAT(evidence.files(), Contains(Key("logs/_/_hidden/a_b")));
    EXPECT_THAT(evidence.files().at("huge"), HasSubstr("are left out"));
}

}  // namespace
