// One client for etcd 3.4 to 3.7: TLS and mutual TLS, and what can be wrong with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "contract/etcd_cluster.hpp"
#include "etcd/gateway.hpp"

namespace contract {
namespace {

using std::chrono::seconds;
using testing::AnyOf;
using testing::HasSubstr;

class Certificates : public testing::TestWithParam<std::string> {
protected:
    // What somebody who knows this is told.
    static std::string told(Cluster& cluster, sys::Tls tls) {
        auto endpoint = cluster.endpoint();
        endpoint.tls = std::make_shared<const sys::Tls>(std::move(tls));
        const etcd::Member member(cluster.http(), endpoint, nullptr);
        const auto begin = std::chrono::steady_clock::now();
        const auto answer = member.post("/v3/maintenance/status", "{}", within(seconds(5)));
        EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5)) << "long before the deadline";
        if (answer) {
            return "HTTP " + std::to_string(answer->status);
        }
        EXPECT_EQ(answer.error().code, base::ErrorCode::unreachable);
        return answer.error().text() + " (" + answer.error().hint + ")";
    }
    static sys::Tls trusting(const std::string& ca) { return {.ca = certificate(ca + ".crt")}; }
    static sys::Tls showing(const std::string& name) {
        auto tls = trusting("ca");
        tls.certificate = certificate(name + ".crt");
        tls.key = certificate(name + ".key");
        return tls;
    }
};

TEST_P(Certificates, OfTheServerAreChecked) {
    Cluster cluster({.version = GetParam(), .server = "server"});
    EXPECT_EQ(told(cluster, trusting("ca")), "HTTP 200");
    EXPECT_THAT(told(cluster, trusting("other-ca")), HasSubstr("certificate"));
    EXPECT_THAT(told(cluster, {}), HasSubstr("certificate")) << "nor does the system know it";
    EXPECT_THAT(etcd::ask("pod", "node", cluster.member().transport(within(seconds(5)))).failures, testing::IsEmpty());
}

TEST_P(Certificates, ForAnotherNameAreRefused) {
    Cluster cluster({.version = GetParam(), .server = "elsewhere"});
    EXPECT_THAT(told(cluster, trusting("ca")), AnyOf(HasSubstr("subject name"), HasSubstr("name matches")));
    auto meant = trusting("ca");
    meant.server_name = "elsewhere.example";
    EXPECT_EQ(told(cluster, meant), "HTTP 200");
}

TEST_P(Certificates, ThatHaveExpiredAreRefused) {
    Cluster cluster({.version = GetParam(), .server = "expired"});
    EXPECT_THAT(told(cluster, trusting("ca")), HasSubstr("expired"));
}

TEST_P(Certificates, OfClientsAreDemandedByMutualTls) {
    Cluster cluster({.version = GetParam(), .server = "server", .clients_ca = "ca"});
    EXPECT_EQ(told(cluster, showing("client")), "HTTP 200");
    const auto without = told(cluster, trusting("ca"));
    EXPECT_THAT(without, AnyOf(HasSubstr("alert"), HasSubstr("none is known"))) << without;
    const auto stranger = told(cluster, showing("stranger"));
    EXPECT_THAT(stranger, AnyOf(HasSubstr("alert"), HasSubstr("may not accept our client certificate"))) << stranger;
    EXPECT_THAT(etcd::ask("pod", "node", cluster.member().transport(within(seconds(5)))).failures, testing::IsEmpty());
    EXPECT_TRUE(cluster.member().metrics(within(seconds(5))).has_value());
}

INSTANTIATE_TEST_SUITE_P(Etcd, Certificates, testing::ValuesIn(versions()),
                         [](const auto& version) { return base::replace_all(version.param, ".", "_"); });

}  // namespace
}  // namespace contract
