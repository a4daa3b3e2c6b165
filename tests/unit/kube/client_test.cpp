#include "kube/client.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "instant_clock.hpp"
#include "support/scripted_http.hpp"

namespace kube {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

constexpr const char* pods = "/api/v1/namespaces/ns/pods";

std::string status_body(int code, const std::string& reason, const std::string& message) {
    return R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" + message +
           R"(","reason":")" + reason + R"(","code":)" + std::to_string(code) + "}";
}

std::string pod_json(const std::string& name, int version) {
    return R"({"metadata":{"name":")" + name + R"(","uid":"uid-)" + name + R"(","resourceVersion":")" +
           std::to_string(version) + R"("}})";
}

std::string page(const std::vector<std::string>& items, const std::string& next = {}) {
    return R"({"metadata":{"resourceVersion":"100","continue":")" + next + R"("},"items":[)" + base::join(items, ",") +
           "]}";
}

std::string header_of(const sys::HttpRequest& request, std::string_view name) {
    for (const auto& [key, value] : request.headers) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

class ClientTest : public testing::Test {
protected:
    [[nodiscard]] Client client() { return client({.server = "https://cluster:6443"}); }
    [[nodiscard]] Client client(Connection connection) { return {http_, clock_, std::move(connection)}; }
    [[nodiscard]] Scope scope() const { return {stop_.get_token(), clock_.now() + minutes(5)}; }

    support::ScriptedHttp http_;
    InstantClock clock_;
    std::stop_source stop_;
};

TEST_F(ClientTest, AsksTheVersion) {
    // Recorded, shortened.
    http_.on("GET /version").answer(200, R"({"major":"1","minor":"37","gitVersion":"v1.37.2","goVersion":"go1.27.3"})");
    EXPECT_EQ(client().server_version(scope()), "v1.37.2");
    EXPECT_EQ(http_.requests().at(0).http.url, "https://cluster:6443/version");
}

TEST_F(ClientTest, KeepsAPathOfTheServersAddress) {
    http_.on("GET /k8s/clusters/c-1/version").answer(200, R"({"gitVersion":"v1.37.2"})");
    EXPECT_TRUE(client({.server = "https://rancher/k8s/clusters/c-1"}).server_version(scope()).has_value());
}

TEST_F(ClientTest, SaysAtOnceThatTheServerIsUnreachable) {
    http_.on("GET /version").fails(ErrorCode::unreachable, "cannot connect to cluster:6443: connection refused");
    const auto version = client().server_version(scope());
    ASSERT_FALSE(version.has_value());
    EXPECT_EQ(version.error().code, ErrorCode::unreachable);
    EXPECT_THAT(version.error().text(), AllOf(HasSubstr("https://cluster:6443"), HasSubstr("connection refused")));
    EXPECT_THAT(version.error().hint, HasSubstr("firewall"));
    EXPECT_THAT(clock_.sleeps(), IsEmpty());
}

TEST_F(ClientTest, GivesTheFirstCallTenSeconds) {
    http_.on("GET /version").fails(ErrorCode::timed_out, "no answer from cluster:6443 in time");
    const auto version = client().server_version(scope());
    ASSERT_FALSE(version.has_value());
    EXPECT_EQ(version.error().code, ErrorCode::unreachable);
    EXPECT_EQ(http_.requests().at(0).deadline - clock_.now(), seconds(10));
}

TEST_F(ClientTest, GivesAServerInTroubleTenSeconds) {
    http_.on("GET /version").answer(429, "Too many requests").header("retry-after", "1");
    http_.on("GET /version").answer(500, "not yet");
    http_.on("GET /version").answer(200, R"({"gitVersion":"v1.37.2"})");
    EXPECT_EQ(client().server_version(scope()), "v1.37.2");
    EXPECT_THAT(clock_.sleeps(), ElementsAre(seconds(1), milliseconds(100)));
    http_.on("GET /version").answer(503, status_body(503, "ServiceUnavailable", "etcd has no leader")).always();
    const auto begin = clock_.now();
    const auto version = client().server_version(scope());
    ASSERT_FALSE(version.has_value());
    EXPECT_THAT(version.error().text(), HasSubstr("etcd has no leader"));
    EXPECT_LE(clock_.now() - begin, seconds(10));
}

TEST_F(ClientTest, WaitsForAServerThatIsAway) {
    http_.on("GET /version").answer(200, "{}");
    EXPECT_EQ(client().await_server(scope()), false);
    http_.on("GET /version").fails(ErrorCode::unreachable, "connection refused");
    http_.on("GET /version").answer(500, "not yet");
    http_.on("GET /version").answer(200, "{}");
    EXPECT_EQ(client().await_server(scope()), true);
    http_.on("GET /version").fails(ErrorCode::unreachable, "connection refused").always();
    EXPECT_FALSE(client().await_server({stop_.get_token(), clock_.now() + seconds(20)}).has_value());
}

TEST_F(ClientTest, RefusesAVersionThatIsNoJson) {
    http_.on("GET /version").answer(200, "<html>Sign in to the hotel's wireless network</html>");
    const auto version = client().server_version(scope());
    ASSERT_FALSE(version.has_value());
    EXPECT_EQ(version.error().code, ErrorCode::protocol);
}

TEST_F(ClientTest, MakesTheVersionPrintable) {
    http_.on("GET /version").answer(200, R"({"gitVersion":"v1\u001b[31m.37"})");
    EXPECT_EQ(client().server_version(scope()), "v1.37");
}

TEST_F(ClientTest, LooksForANamespace) {
    http_.on("GET /api/v1/namespaces/here").answer(200, "{}");
    http_.on("GET /api/v1/namespaces/nowhere").answer(404, status_body(404, "NotFound", "not found"));
    http_.on("GET /api/v1/namespaces/hidden").answer(403, status_body(403, "Forbidden", "no"));
    http_.on("GET /api/v1/namespaces/strange").answer(401, status_body(401, "Unauthorized", "Unauthorized"));
    http_.on("GET /api/v1/namespaces/leaving").answer(200, R"({"status":{"phase":"Terminating"}})");
    EXPECT_EQ(client().namespace_state("here", scope()), kube::NamespaceState::there);
    EXPECT_EQ(client().namespace_state("nowhere", scope()), kube::NamespaceState::absent);
    EXPECT_EQ(client().namespace_state("hidden", scope()), kube::NamespaceState::there);
    EXPECT_EQ(client().namespace_state("leaving", scope()), kube::NamespaceState::being_deleted);
    EXPECT_FALSE(client().namespace_state("strange", scope()).has_value());
}

TEST_F(ClientTest, TellsWhichRightsAreMissing) {
    const std::string review = "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    http_.on(review).answer(201, R"({"status":{"resourceRules":[
        {"verbs":["get","list"],"apiGroups":[""],"resources":["secrets"]},
        {"verbs":["*"],"apiGroups":["apps"],"resources":["*"]},
        {"verbs":["create"],"apiGroups":[""],"resources":["*/proxy"]},
        {"verbs":["delete"],"apiGroups":[""],"resources":["pods"],"resourceNames":["etcd-0"]}]}})");
    const auto missing = client().missing_rights("ns",
                                                 {{"", "secrets", {"get", "create", "list", "update"}},
                                                  {"apps", "statefulsets", {"patch"}},
                                                  {"", "pods/proxy", {"create"}},
                                                  {"", "pods", {"delete"}}},
                                                 scope());
    const std::vector<kube::Right> expected{{"", "secrets", {"create", "update"}}, {"", "pods", {"delete"}}};
    EXPECT_EQ(missing, expected);
}

TEST_F(ClientTest, MissesNoRightsThatTheServerCannotTell) {
    const std::string review = "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    http_.on(review).answer(403, status_body(403, "Forbidden", "no"));
    EXPECT_EQ(client().missing_rights("ns", {{"", "secrets", {"get"}}}, scope()), std::vector<kube::Right>());
}

TEST_F(ClientTest, AsksOneByOneForRightsThatAWebhookGrants) {
    http_.on("POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews")
        .answer(201, R"({"status":{"incomplete":true,"resourceRules":[{"apiGroups":[""],"resources":["pods"],)"
                     R"("verbs":["list"]}]}})");
    const std::string one = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    std::string asked;
    http_.on(one).answer(201, R"({"status":{"allowed":true}})").when_asked([&](const auto& request) {
        asked = request.body;
    });
    http_.on(one).answer(201, R"({"status":{"allowed":false}})");
    const auto missing =
        client().missing_rights("ns", {{"", "pods", {"list"}}, {"", "pods/eviction", {"create", "patch"}}}, scope());
    EXPECT_EQ(missing, (std::vector<kube::Right>{{"", "pods/eviction", {"patch"}}}));
    EXPECT_THAT(asked, AllOf(HasSubstr(R"("resource":"pods")"), HasSubstr(R"("subresource":"eviction")")));
}

TEST(DeniedRight, IsReadFromWhatTheServerSays) {
    const std::string limits =
        R"(limitranges "x" is forbidden: User "ci" cannot patch resource "limitranges" in API group "")";
    EXPECT_EQ(denied_right(limits + R"( in the namespace "ns")", "ns"), (Right{"", "limitranges", {"patch"}}));
    EXPECT_EQ(denied_right(limits + R"( in the namespace "ns")", "n"), std::nullopt) << "no Role there helps";
    EXPECT_EQ(denied_right(limits + R"( at the cluster scope)", "ns"), std::nullopt);
    EXPECT_EQ(
        denied_right(R"(User "a cannot b" cannot get resource "pods" in API group "x.y" in the namespace "ns")", "ns"),
        std::nullopt)
        << "a user's name may say anything";
    EXPECT_EQ(denied_right("pods \"x\" is forbidden: exceeded quota: team", "ns"), std::nullopt);
}

TEST(Rights, AreJoinedByWhatTheyAreOn) {
    std::vector<Right> rights{{"", "pods", {"get"}}};
    add_right(rights, {"", "pods", {"get", "list"}});
    add_right(rights, {"apps", "pods", {"get"}});
    EXPECT_EQ(rights, (std::vector<Right>{{"", "pods", {"get", "list"}}, {"apps", "pods", {"get"}}}));
}

TEST_F(ClientTest, AsksForRightsAgainWhenTheConnectionWasLost) {
    const std::string review = "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    http_.on(review).fails(ErrorCode::unreachable, "connection refused");
    http_.on(review).answer(429, "Too many requests");
    http_.on(review).answer(201, R"({"status":{"resourceRules":[]}})");
    const std::vector<kube::Right> needed{{"", "secrets", {"get"}}};
    EXPECT_EQ(client().missing_rights("ns", needed, scope()), needed);
    http_.on(review).answer(500, "no such thing").always();
    EXPECT_EQ(client().missing_rights("ns", needed, scope()), std::vector<kube::Right>());
}

TEST_F(ClientTest, EscapesNames) {
    http_.on("GET /api/v1/namespaces/a%2Fb%3Fc%23d%20%25%C3%BC").answer(200, "{}");
    EXPECT_EQ(client().namespace_state("a/b?c#d %ü", scope()), kube::NamespaceState::there);
}

TEST_F(ClientTest, ListsEachKindAtItsPlace) {
    const std::vector<std::pair<Kind, std::string>> cases{
        {Kind::stateful_set, "/apis/apps/v1/namespaces/n%2Fs/statefulsets"},
        {Kind::pod, "/api/v1/namespaces/n%2Fs/pods"},
        {Kind::persistent_volume_claim, "/api/v1/namespaces/n%2Fs/persistentvolumeclaims"},
        {Kind::job, "/apis/batch/v1/namespaces/n%2Fs/jobs"},
        {Kind::event, "/api/v1/namespaces/n%2Fs/events"},
    };
    for (const auto& [kind, path] : cases) {
        http_.on("GET " + path + "?limit=500").answer(200, page({}));
        const auto list = client().list(kind, "n/s", "", scope());
        ASSERT_TRUE(list.has_value()) << path;
        EXPECT_EQ(list->resource_version, "100");
    }
}

TEST_F(ClientTest, SelectsByLabels) {
    http_.on(std::string("GET ") + pods + "?limit=500&labelSelector=app%3Detcd%2Crelease%20in%20%28a%2Cb%29")
        .answer(200, page({}));
    EXPECT_TRUE(client().list(Kind::pod, "ns", "app=etcd,release in (a,b)", scope()).has_value());
}

TEST_F(ClientTest, ReadsAListPageByPage) {
    // The token as Kubernetes 1.37 makes it, and one with characters that a URL gives a meaning.
    http_.on(std::string("GET ") + pods + "?limit=500&labelSelector=a%3Db")
        .answer(200, page({pod_json("one", 1), pod_json("two", 2)}, "eyJ2IjoibWV0YSJ9"));
    http_.on(std::string("GET ") + pods + "?limit=500&labelSelector=a%3Db&continue=eyJ2IjoibWV0YSJ9")
        .answer(200, page({pod_json("three", 3)}, "a+b/c=&d"));
    http_.on(std::string("GET ") + pods + "?limit=500&labelSelector=a%3Db&continue=a%2Bb%2Fc%3D%26d")
        .answer(200, page({pod_json("four", 4)}));
    const auto list = client().list(Kind::pod, "ns", "a=b", scope());
    ASSERT_TRUE(list.has_value()) << list.error().text();
    std::vector<std::string> names;
    for (const auto& item : list->items) {
        names.push_back(std::get<model::Pod>(item).meta.name);
    }
    EXPECT_THAT(names, ElementsAre("one", "two", "three", "four"));
    EXPECT_EQ(list->continue_token, "");
}

// The version that the pages are of is thrown away after five minutes.
TEST_F(ClientTest, BeginsAListAnewWhoseNextPageHasExpired) {
    const std::string first = std::string("GET ") + pods + "?limit=500";
    http_.on(first).answer(200, page({pod_json("old", 1)}, "token"));
    http_.on(first + "&continue=token")
        .answer(410, status_body(410, "Expired", "The provided continue parameter is too old"));
    http_.on(first).answer(200, page({pod_json("new", 2)}));
    const auto list = client().list(Kind::pod, "ns", "", scope());
    ASSERT_TRUE(list.has_value()) << list.error().text();
    ASSERT_EQ(list->items.size(), 1U);
    EXPECT_EQ(std::get<model::Pod>(list->items[0]).meta.name, "new");
}

TEST_F(ClientTest, EndsAListThatExpiresAgainAndAgain) {
    const std::string first = std::string("GET ") + pods + "?limit=500";
    http_.on(first).answer(200, page({}, "token")).always();
    http_.on(first + "&continue=token").answer(410, status_body(410, "Expired", "too old")).always();
    const auto list = client().list(Kind::pod, "ns", "", scope());
    ASSERT_FALSE(list.has_value());
    EXPECT_EQ(list.error().code, ErrorCode::gone);
}

TEST_F(ClientTest, TurnsEachStatusIntoItsError) {
    struct Case {
        int status;
        ErrorCode code;
        std::string hint;
    };
    const std::vector<Case> cases{
        {302, ErrorCode::protocol, ""},
        {400, ErrorCode::protocol, ""},
        {401, ErrorCode::unauthorized, "credentials"},
        {403, ErrorCode::forbidden, "kubectl auth can-i"},
        {404, ErrorCode::not_found, ""},
        {409, ErrorCode::conflict, ""},
        {410, ErrorCode::gone, ""},
        {418, ErrorCode::protocol, ""},
    };
    for (const auto& [status, code, hint] : cases) {
        http_.on("GET /apis/apps/v1/namespaces/ns/statefulsets/etcd")
            .answer(status, status_body(status, "Reason", "the \\u001b[1mserver's\\n words"));
        const auto set = client().stateful_set("ns", "etcd", scope());
        ASSERT_FALSE(set.has_value()) << status;
        EXPECT_EQ(set.error().code, code) << status;
        EXPECT_THAT(set.error().text(), AllOf(HasSubstr("reading StatefulSet etcd"), HasSubstr("the server's  words")))
            << status;
        EXPECT_THAT(set.error().hint, HasSubstr(hint)) << status;
    }
    EXPECT_THAT(clock_.sleeps(), IsEmpty());
}

TEST_F(ClientTest, ShowsABodyThatIsNoStatusShortAndPrintable) {
    http_.on("GET /apis/apps/v1/namespaces/ns/statefulsets/etcd")
        .answer(403, "<html>\x1b]0;title\x07 blocked by\nthe proxy \xff" + std::string(10'000, 'x'));
    const auto set = client().stateful_set("ns", "etcd", scope());
    ASSERT_FALSE(set.has_value());
    EXPECT_THAT(set.error().message, HasSubstr("<html> blocked by the proxy \uFFFDxxx"));
    EXPECT_THAT(set.error().message, Not(HasSubstr("\x1b")));
    EXPECT_LT(set.error().message.size(), 500U);
}

TEST_F(ClientTest, NeverFailsWithoutAWord) {
    for (const int status : {401, 403, 404, 409, 410, 418}) {
        http_.on("GET /apis/apps/v1/namespaces/ns/statefulsets/etcd").answer(status, "");
        const auto set = client().stateful_set("ns", "etcd", scope());
        ASSERT_FALSE(set.has_value()) << status;
        EXPECT_THAT(set.error().message, HasSubstr("HTTP " + std::to_string(status)));
    }
}

TEST_F(ClientTest, AsksAgainAfterTroubleThatPasses) {
    const std::string line = "GET /apis/apps/v1/namespaces/ns/statefulsets/etcd";
    for (const int status : {429, 500, 502, 503, 504}) {
        http_.on(line).answer(status, "apiserver is shutting down");
    }
    http_.on(line).fails(ErrorCode::unreachable, "connection refused");
    http_.on(line).fails(ErrorCode::timed_out, "no answer in time");
    http_.on(line).answer(200, pod_json("etcd", 1));
    EXPECT_TRUE(client().stateful_set("ns", "etcd", scope()).has_value());
    EXPECT_THAT(clock_.sleeps(), ElementsAre(milliseconds(100), milliseconds(200), milliseconds(400), milliseconds(800),
                                             milliseconds(1600), milliseconds(3200), milliseconds(5000)));
}

TEST_F(ClientTest, ReadsALeaseAgainAfterTroubleThatPasses) {
    for (const int status : {429, 500, 404}) {
        http_.on("GET /apis/coordination.k8s.io/v1/namespaces/ns/leases/etcd-deploy-etcd").answer(status);
    }
    const auto lease = client().lease("ns", "etcd-deploy-etcd", scope());
    ASSERT_TRUE(lease.has_value()) << lease.error().text();
    EXPECT_FALSE(lease->has_value());
}

TEST_F(ClientTest, WaitsAsLongAsTheServerAsks) {
    const std::string line = "GET /apis/apps/v1/namespaces/ns/statefulsets/etcd";
    http_.on(line).answer(429, "Too many requests").header("retry-after", "7");
    // Nonsense is no reason to wait, and a day too long.
    http_.on(line).answer(429, "").header("retry-after", "soon");
    http_.on(line).answer(429, "").header("retry-after", "-3");
    http_.on(line).answer(503, "").header("retry-after", "86400");
    http_.on(line).answer(200, pod_json("etcd", 1));
    EXPECT_TRUE(client().stateful_set("ns", "etcd", scope()).has_value());
    EXPECT_THAT(clock_.sleeps(), ElementsAre(seconds(7), milliseconds(200), milliseconds(400), seconds(30)));
}

TEST_F(ClientTest, GivesUpAtTheDeadlineWithTheLastCause) {
    http_.on("GET /apis/apps/v1/namespaces/ns/statefulsets/etcd")
        .answer(503, status_body(503, "ServiceUnavailable", "etcd has no leader"))
        .always();
    const auto set = client().stateful_set("ns", "etcd", {stop_.get_token(), clock_.now() + seconds(20)});
    ASSERT_FALSE(set.has_value());
    EXPECT_EQ(set.error().code, ErrorCode::unreachable);
    EXPECT_THAT(set.error().text(), AllOf(HasSubstr("HTTP 503"), HasSubstr("etcd has no leader")));
    EXPECT_EQ(http_.requests().size(), 9U);  // after 0.1 0.3 0.7 1.5 3.1 6.3 11.3 16.3 s
}

TEST_F(ClientTest, LimitsEachTryToHalfAMinute) {
    http_.on("GET /apis/apps/v1/namespaces/ns/statefulsets/etcd").answer(200, pod_json("etcd", 1)).always();
    (void)client().stateful_set("ns", "etcd", scope());
    (void)client().stateful_set("ns", "etcd", {stop_.get_token(), clock_.now() + seconds(3)});
    EXPECT_EQ(http_.requests().at(0).deadline - clock_.now(), seconds(30));
    EXPECT_EQ(http_.requests().at(1).deadline - clock_.now(), seconds(3));
}

TEST_F(ClientTest, EndsAsCancelledWhenStoppedBetweenTwoTries) {
    http_.on("GET /apis/apps/v1/namespaces/ns/statefulsets/etcd").answer(503, "");
    clock_.on_sleep = [&] { stop_.request_stop(); };
    const auto set = client().stateful_set("ns", "etcd", scope());
    ASSERT_FALSE(set.has_value());
    EXPECT_EQ(set.error().code, ErrorCode::cancelled);
}

TEST_F(ClientTest, ShowsWhoWeAre) {
    http_.on("GET /version").answer(200, R"({"gitVersion":"v1"})").always();
    (void)client({.server = "https://x", .token = "tok"}).server_version(scope());
    (void)client({.server = "https://x", .username = "Aladdin", .password = "open sesame"}).server_version(scope());
    (void)client({.server = "https://x", .token = "tok", .username = "Aladdin"}).server_version(scope());
    (void)client({.server = "https://x"}).server_version(scope());
    const auto requests = http_.requests();
    EXPECT_EQ(header_of(requests[0].http, "Authorization"), "Bearer tok");
    EXPECT_EQ(header_of(requests[1].http, "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(header_of(requests[2].http, "Authorization"), "Bearer tok");
    EXPECT_EQ(header_of(requests[3].http, "Authorization"), "");
    EXPECT_THAT(header_of(requests[3].http, "User-Agent"), HasSubstr("etcd-deploy/"));
    EXPECT_EQ(header_of(requests[3].http, "Accept"), "application/json");
}

TEST_F(ClientTest, HandsTlsAndProxyOn) {
    const auto tls = std::make_shared<const sys::Tls>();
    http_.on("GET /version").answer(200, R"({"gitVersion":"v1"})");
    (void)client({.server = "https://x", .tls = tls, .proxy = "http://proxy:3128"}).server_version(scope());
    EXPECT_EQ(http_.requests().at(0).http.tls, tls);
    EXPECT_EQ(http_.requests().at(0).http.proxy, "http://proxy:3128");
}

// Recorded from a cluster with two revisions, shortened.
TEST_F(ClientTest, FindsHelmsReleasesByTheirLabelsAlone) {
    http_.on("GET /api/v1/namespaces/ns/secrets?labelSelector=owner%3Dhelm%2Cname%3Detcd")
        .answer(200,
                R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{},"items":[)"
                R"({"metadata":{"name":"sh.helm.release.v1.etcd.v10","labels":{"status":"deployed","version":"10"}}},)"
                R"({"metadata":{"name":"sh.helm.release.v1.etcd.v9","labels":{"status":"superseded","version":"9"}}},)"
                R"({"metadata":{"name":"odd","labels":{"version":"99999999999"}}},{"metadata":{"name":"bare"}}]})");
    const auto secrets = client().release_secrets("ns", "etcd", scope());
    ASSERT_TRUE(secrets.has_value()) << secrets.error().text();
    ASSERT_EQ(secrets->size(), 4U);
    EXPECT_EQ(secrets->at(0).revision, 0);
    EXPECT_EQ(secrets->at(1).revision, 0);
    EXPECT_EQ(secrets->at(2).name, "sh.helm.release.v1.etcd.v9");
    EXPECT_EQ(secrets->at(2).status, "superseded");
    EXPECT_EQ(secrets->at(3).revision, 10);
    // No Secret's content travels.
    EXPECT_EQ(header_of(http_.requests().at(0).http, "Accept"),
              "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json");
}

TEST_F(ClientTest, RefusesReleasesWithoutSense) {
    for (const std::string body : {R"({"items":{}})", R"({"items":[{}]})", R"({"items":[{"metadata":{"labels":[]}}]})",
                                   R"({"items":[{"metadata":{"name":"x","labels":{"status":5}}}]})", "no json"}) {
        http_.on("GET /api/v1/namespaces/ns/secrets?*").answer(200, body);
        const auto secrets = client().release_secrets("ns", "etcd", scope());
        ASSERT_FALSE(secrets.has_value()) << body;
        EXPECT_EQ(secrets.error().code, ErrorCode::protocol) << body;
    }
}

TEST_F(ClientTest, TakesOneLayerOfBase64OffAReleasesPayload) {
    http_.on("GET /api/v1/namespaces/ns/secrets/sh.helm.release.v1.etcd.v1")
        .answer(200, R"({"data":{"release":"SDRzSUFBQUE="}})");
    EXPECT_EQ(client().release_payload("ns", "sh.helm.release.v1.etcd.v1", scope()), "H4sIAAAA");
}

TEST_F(ClientTest, RefusesAPayloadWithoutSenseAndQuotesNoneOfIt) {
    for (const std::string body : {R"({"data":{}})", R"({"data":"SECRET"})", R"({"data":{"release":["SECRET"]}})",
                                   R"({"data":{"release":"SECRET!"}})", R"({"data":{"release":"SECRET)"}) {
        http_.on("GET /api/v1/namespaces/ns/secrets/s").answer(200, body);
        const auto payload = client().release_payload("ns", "s", scope());
        ASSERT_FALSE(payload.has_value()) << body;
        EXPECT_THAT(payload.error().text() + payload.error().hint, Not(HasSubstr("SECRET"))) << body;
    }
}

TEST_F(ClientTest, DeletesAClaimOnlyIfItIsTheSame) {
    http_.on("DELETE /api/v1/namespaces/ns/persistentvolumeclaims/data-etcd-0").answer(200, "{}");
    EXPECT_TRUE(client().delete_claim("ns", "data-etcd-0", "uid-1", scope()).has_value());
    const auto request = http_.requests().at(0).http;
    EXPECT_EQ(request.body, R"({"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"uid-1"}})");
    EXPECT_THAT(request.headers, Contains(Pair("Content-Type", "application/json")));
}

TEST_F(ClientTest, IsContentWithAClaimThatIsGoneOrReplaced) {
    for (const int status : {404, 409}) {
        http_.on("DELETE /api/v1/namespaces/ns/persistentvolumeclaims/c").answer(status, "");
        EXPECT_TRUE(client().delete_claim("ns", "c", "u", scope()).has_value()) << status;
    }
    http_.on("DELETE /api/v1/namespaces/ns/persistentvolumeclaims/c").answer(403, "");
    EXPECT_FALSE(client().delete_claim("ns", "c", "u", scope()).has_value());
}

TEST_F(ClientTest, ReadsTheEndOfALog) {
    http_.on(std::string("GET ") + pods + "/etcd-0/log?container=etcd&tailLines=20&limitBytes=65536")
        .answer(200, "one\n\x1b[31mtwo\x1b[0m\n");
    http_.on(std::string("GET ") + pods + "/etcd-0/log?container=a%26b&tailLines=5&limitBytes=65536&previous=true")
        .answer(400, status_body(400, "BadRequest", "previous terminated container not found"));
    EXPECT_EQ(client().logs("ns", "etcd-0", "etcd", 20, false, scope()), "one\ntwo\n");
    const auto previous = client().logs("ns", "etcd-0", "a&b", 5, true, scope());
    ASSERT_FALSE(previous.has_value());
    EXPECT_THAT(previous.error().text(),
                AllOf(HasSubstr("the log of etcd-0"), HasSubstr("previous terminated container not found")));
    http_.on(std::string("GET ") + pods + "/etcd-0/log?*")
        .answer(200, "unable to retrieve container logs for containerd://b9068aaa676b14f8");
    EXPECT_EQ(client().logs("ns", "etcd-0", "etcd", 20, false, scope()), "") << "the kubelet has removed it";
    http_.on(std::string("GET ") + pods + "/etcd-0/log?*").fails(ErrorCode::unreachable, "connection refused");
    const auto none = client().logs("ns", "etcd-0", "etcd", 20, false, scope());
    ASSERT_FALSE(none.has_value());
    EXPECT_THAT(none.error().text(), HasSubstr("the log of etcd-0"));
}

TEST_F(ClientTest, ReadsAKeyOfASecret) {
    const std::string line = "GET /api/v1/namespaces/ns/secrets/etcd-tls";
    http_.on(line).answer(200, R"({"data":{"ca.crt":"LS0t","odd":"?"}})").always();
    EXPECT_EQ(client().secret_value("ns", "etcd-tls", "ca.crt", scope()), "---");
    const auto missing = client().secret_value("ns", "etcd-tls", "tls.crt", scope());
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_THAT(missing.error().text(), HasSubstr("Secret etcd-tls has nothing under tls.crt"));
    EXPECT_FALSE(client().secret_value("ns", "etcd-tls", "odd", scope()).has_value());
}

}  // namespace
}  // namespace kube
