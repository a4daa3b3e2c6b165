// One client for etcd 3.4 to 3.7: its own authentication.
// https://etcd.io/docs/v3.6/op-guide/authentication/authentication/
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "contract/etcd_cluster.hpp"
#include "etcd/authentication.hpp"
#include "sys/certificate.hpp"

namespace contract {
namespace {

using base::ErrorCode;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string password = "p\"\\'ä€ 😀{}";
const std::string range = "/v3/kv/range";
const std::string health = R"({"key":"aGVhbHRo"})";

class Logins : public testing::TestWithParam<std::string> {
protected:
    static void turn_on(Cluster& cluster) {
        cluster.post("/v3/auth/user/add", nlohmann::json({{"name", "root"}, {"password", password}}).dump());
        cluster.post("/v3/auth/role/add", R"({"name":"root"})");
        cluster.post("/v3/auth/user/grant", R"({"user":"root","role":"root"})");
        cluster.post("/v3/auth/enable", "{}");
    }
    static std::shared_ptr<etcd::Login> login(const std::string& word = password, const std::string& user = "root") {
        return std::make_shared<etcd::Login>(user, word);
    }
    static base::Result<sys::HttpResponse> read(const etcd::Member& member) {
        return member.post(range, health, within(seconds(5)));
    }
    static void expect_refused(const base::Result<sys::HttpResponse>& answer, const std::string& wording) {
        ASSERT_FALSE(answer.has_value()) << answer->status << answer->body;
        EXPECT_EQ(answer.error().code, ErrorCode::unauthorized);
        EXPECT_THAT(answer.error().text(), AllOf(HasSubstr(wording), Not(HasSubstr("p\"\\"))));
    }
};

TEST_P(Logins, TakeAPasswordWithQuotesAndAnyLetters) {
    Cluster cluster({.version = GetParam()});
    turn_on(cluster);
    const auto root = login();
    const auto member = cluster.member(0, root);
    const auto answer = read(member);
    ASSERT_TRUE(answer.has_value()) << answer.error().text();
    EXPECT_EQ(answer->status, 200) << answer->body;
    const auto token = root->token();
    EXPECT_FALSE(token.empty());
    for (const std::string path : {"/v3/maintenance/status", "/v3/cluster/member/list", "/v3/maintenance/alarm"}) {
        const auto other = member.post(path, "{}", within(seconds(5)));
        EXPECT_TRUE(other && other->status == 200) << path << (other ? other->body : other.error().text());
    }
    EXPECT_EQ(root->token(), token) << "one login is enough";
    EXPECT_TRUE(cluster.member(0, root).metrics(within(seconds(5))).has_value()) << "metrics need none";
}

TEST_P(Logins, AreWantedOnceAuthenticationIsSwitchedOn) {
    Cluster cluster({.version = GetParam()});
    const auto root = login();
    const auto member = cluster.member(0, root);
    const auto transport = member.transport(within(seconds(20)));
    const auto before = etcd::authentication_is_on(transport);
    ASSERT_TRUE(before.has_value()) << before.error().text();
    EXPECT_EQ(*before, at_least(GetParam(), "3.5") ? std::optional(false) : std::nullopt);
    EXPECT_EQ(etcd::find_use(transport).value(), "");
    // As somebody has made it for logins by certificate, or a run that was cut off.
    cluster.post("/v3/auth/user/add", R"({"name":"root","options":{"no_password":true}})");
    EXPECT_EQ(etcd::find_use(transport).value(), "") << "a root is nobody";
    const auto switched = etcd::switch_authentication_on(password, transport);
    ASSERT_TRUE(switched.has_value()) << switched.error().text();
    EXPECT_TRUE(root->token().empty()) << "until then nobody wanted a login";
    ASSERT_TRUE(read(member).has_value());
    EXPECT_FALSE(root->token().empty());
    expect_refused(read(cluster.member(0, login("other"))), "etcd does not let user root in");
    EXPECT_EQ(etcd::authentication_is_on(transport).value(),
              at_least(GetParam(), "3.5") ? std::optional(true) : std::nullopt);
}

TEST_P(Logins, AreNotToLockOutWhoUsesEtcdAlready) {
    Cluster cluster({.version = GetParam()});
    const auto member = cluster.member(0, login());
    const auto transport = member.transport(within(seconds(20)));
    cluster.post("/v3/auth/user/add", R"({"name":"backend","password":"word"})");
    EXPECT_EQ(etcd::find_use(transport).value(), "it has the user backend");
    cluster.post("/v3/kv/put", R"({"key":"YQ=="})");
    cluster.post("/v3/kv/deleterange", R"({"key":"YQ=="})");
    EXPECT_EQ(etcd::find_use(transport).value(), "it was written to (revision 3)");
}

// Why operate/authentication leaves it to the user there.
TEST_P(Logins, AreOfNoUseBesideACertificateWithACommonName) {
    Cluster cluster({.version = GetParam(), .server = "server", .clients_ca = "ca"});
    ASSERT_EQ(sys::certificate_common_name(certificate("client.crt")).value(), "client");
    turn_on(cluster);
    const auto answer = cluster.member(0, login()).post(range, health, within(seconds(5)));
    EXPECT_TRUE(!answer || answer->status == 400) << answer->body;
}

TEST_P(Logins, AreRefusedWithAWrongPassword) {
    Cluster cluster({.version = GetParam()});
    turn_on(cluster);
    expect_refused(read(cluster.member(0, login("wrong"))), "etcd does not let user root in");
    expect_refused(read(cluster.member(0, login(password, "nobody"))), "etcd does not let user nobody in");
    expect_refused(read(cluster.member(0, login(""))), "no password is known");
}

TEST_P(Logins, AreRenewedWhenTheTokenIsNotKnownAnyMore) {
    if (!at_least(GetParam(), "3.5")) {
        GTEST_SKIP() << "etcd 3.4 finds its old tokens again when it reads its log";
    }
    Cluster cluster({.version = GetParam()});
    turn_on(cluster);
    const auto root = login();
    const auto member = cluster.member(0, root);
    ASSERT_TRUE(read(member).has_value());
    const auto token = root->token();
    cluster.kill(0);
    cluster.start(0);
    ASSERT_TRUE(eventually([&] {
        const auto answer = read(member);
        return answer && answer->status == 200;
    }));
    EXPECT_NE(root->token(), token);
}

TEST_P(Logins, AreRenewedWhenTheTokenExpires) {
    if (!at_least(GetParam(), "3.5")) {
        GTEST_SKIP() << "etcd 3.4 has no --auth-token-ttl";
    }
    Cluster cluster(
        {.version = GetParam(), .arguments = {"--auth-token=simple", "--auth-token-ttl=1", "--log-level=debug"}});
    turn_on(cluster);
    const auto root = login();
    const auto member = cluster.member(0, root);
    ASSERT_TRUE(read(member).has_value());
    const auto token = root->token();
    ASSERT_TRUE(eventually([&] { return cluster.log().contains("deleted a simple token"); }));
    const auto answer = read(member);
    ASSERT_TRUE(answer.has_value()) << answer.error().text();
    EXPECT_EQ(answer->status, 200);
    EXPECT_NE(root->token(), token);
}

INSTANTIATE_TEST_SUITE_P(Etcd, Logins, testing::ValuesIn(versions()),
                         [](const auto& version) { return base::replace_all(version.param, ".", "_"); });

}  // namespace
}  // namespace contract
