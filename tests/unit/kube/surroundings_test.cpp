#include "kube/surroundings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "instant_clock.hpp"
#include "support/scripted_http.hpp"

namespace kube {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::string list(const std::string& items, const std::string& next = {}) {
    return R"({"metadata":{"resourceVersion":"1","continue":")" + next + R"("},"items":[)" + items + "]}";
}

TEST(Surroundings, KnowsTheDefaultStorageClass) {
    const auto classes = decode_storage_classes(
        list(R"({"metadata":{"name":"fast","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},)"
             R"("provisioner":"p","volumeBindingMode":"WaitForFirstConsumer","allowVolumeExpansion":true},)"
             R"({"metadata":{"name":"slow"}})"));
    ASSERT_TRUE(classes.has_value()) << classes.error().text();
    ASSERT_THAT(*classes, SizeIs(2));
    EXPECT_TRUE((*classes)[0].is_default && (*classes)[0].waits_for_consumer && (*classes)[0].expands);
    EXPECT_FALSE((*classes)[1].is_default || (*classes)[1].expands);
}

TEST(Surroundings, CountsTheAddressesOfASlice) {
    const auto slices = decode_endpoint_slices(
        list(R"({"metadata":{"name":"etcd-x","labels":{"kubernetes.io/service-name":"etcd"}},"endpoints":[)"
             R"({"addresses":["10.0.0.1"],"conditions":{"ready":true}},{"addresses":["10.0.0.2"]},)"
             R"({"addresses":["10.0.0.3"],"conditions":{"ready":false}}]})"));
    ASSERT_TRUE(slices.has_value()) << slices.error().text();
    EXPECT_EQ(slices->front().service, "etcd");
    EXPECT_EQ(slices->front().ready, 2U);
    EXPECT_EQ(slices->front().not_ready, 1U);
}

TEST(Surroundings, TakesTheNewestRevisionOfEachRelease) {
    const auto secret = [](const std::string& name, const std::string& version, const std::string& status) {
        return R"({"metadata":{"name":"s","namespace":"ns","labels":{"name":")" + name + R"(","version":")" + version +
               R"(","status":")" + status + R"(","modifiedAt":"1795665600"}}})";
    };
    const auto releases =
        decode_releases(list(secret("etcd", "9", "superseded") + "," + secret("etcd", "10", "pending-upgrade") + "," +
                             secret("gone", "1", "uninstalled")));
    ASSERT_TRUE(releases.has_value()) << releases.error().text();
    ASSERT_THAT(*releases, SizeIs(1));
    EXPECT_EQ(releases->front().revision, 10);
    EXPECT_EQ(releases->front().status, "pending-upgrade");
    EXPECT_TRUE(releases->front().modified.has_value());
}

TEST(Surroundings, CallsNonsenseAnError) {
    for (const char* text : {"", "[]garbage", R"({"items":3})", R"({"items":[3]})", R"({"items":[{"metadata":[]}]})"}) {
        EXPECT_FALSE(decode_storage_classes(text).has_value()) << text;
        EXPECT_FALSE(decode_services(text).has_value()) << text;
    }
    EXPECT_EQ(decode_services("").error().code, ErrorCode::protocol);
}

TEST(Surroundings, ReadsEveryPage) {
    support::ScriptedHttp http;
    InstantClock clock;
    const Client client(http, clock, {.server = "https://cluster:6443"});
    http.on("GET /api/v1/namespaces/ns/pods?limit=500").answer(200, list("", "more"));
    http.on("GET /api/v1/namespaces/ns/pods?limit=500&continue=more").answer(200, list(""));
    const auto pages = client.pages(pods, "ns", {{}, clock.now() + std::chrono::seconds(10)});
    ASSERT_TRUE(pages.has_value()) << pages.error().text();
    EXPECT_THAT(*pages, SizeIs(2));
}

TEST(Surroundings, SaysThatAListIsForbidden) {
    support::ScriptedHttp http;
    InstantClock clock;
    const Client client(http, clock, {.server = "https://cluster:6443"});
    http.on("GET /apis/storage.k8s.io/v1/storageclasses?limit=500").answer(403, "{}");
    const auto pages = client.pages(storage_classes, "ns", {{}, clock.now() + std::chrono::seconds(10)});
    ASSERT_FALSE(pages.has_value());
    EXPECT_EQ(pages.error().code, ErrorCode::forbidden);
}

TEST(Keepable, HidesWhatIsNamedLikeASecret) {
    const auto kept = keepable(list(
        R"({"kind":"Pod","metadata":{"name":"p","managedFields":[{"a":1}],"annotations":{)"
        R"("kubectl.kubernetes.io/last-applied-configuration":"hunter2222","example.com/password":"hunter6666"}},"spec":{"containers":[{)"
        R"("env":[{"name":"ETCD_ROOT_PASSWORD","value":"hunter2222"},{"name":"ETCD_NAME","value":"etcd-0"}],)"
        R"("args":["--password","hunter3333","--token=hunter4444","sh -c 'API_TOKEN=hunter5555; etcd'"]}]}},)"
        R"({"kind":"Secret","metadata":{"name":"s"},"data":{"x":"aHVudGVy"}})"));
    ASSERT_TRUE(kept.has_value()) << kept.error().text();
    EXPECT_THAT(kept->json, Not(HasSubstr("hunter")));
    EXPECT_THAT(kept->json, Not(HasSubstr("aHVudGVy")));
    EXPECT_THAT(kept->json, Not(HasSubstr("managedFields")));
    EXPECT_THAT(kept->json, HasSubstr("etcd-0"));
    EXPECT_THAT(kept->secrets, ElementsAre("hunter6666", "hunter3333", "hunter4444", "hunter5555", "hunter2222"));
}

TEST(Keepable, RefusesWhatIsNoJson) {
    EXPECT_FALSE(keepable("{").has_value());
    EXPECT_FALSE(keepable(std::string(100000, '[')).has_value());
}

}  // namespace
}  // namespace kube
