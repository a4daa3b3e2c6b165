#include "etcd/probe.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using base::ErrorCode;
using model::KeyState;

// A member that says one thing, and remembers what it was asked.
struct Etcd {
    int status = 200;
    std::string body;
    std::string path = {};
    std::string question = {};

    etcd::Transport transport() {
        return [this](const std::string& where, const std::string& json) {
            path = where;
            question = json;
            return sys::HttpResponse{.status = status, .headers = {}, .body = body};
        };
    }
};

const std::string header = R"("header":{"cluster_id":"7","member_id":"1","revision":"21","raft_term":"4"})";

TEST(Probe, WritesUnderItsLeaseAndReadsWhatWasBefore) {
    Etcd etcd{.body = "{" + header + R"(,"prev_kv":{"key":"a2V5","create_revision":"9","mod_revision":"20",)" +
                      R"("version":"12","value":"MQ==","lease":"77"}})"};
    const auto answer = etcd::put({.key = "key", .value = "2", .lease = 77}, etcd.transport());
    ASSERT_TRUE(answer.has_value()) << answer.error().text();
    EXPECT_EQ(*answer, (model::KeyAnswer{7, 21, 4, KeyState{9, 20, 12}}));
    EXPECT_EQ(etcd.path, "/v3/kv/put");
    EXPECT_EQ(etcd.question, R"({"key":"a2V5","lease":"77","prev_kv":true,"value":"Mg=="})");
}

TEST(Probe, TheFirstWriteFindsNothing) {
    Etcd etcd{.body = "{" + header + "}"};
    const auto answer = etcd::put({.key = "key", .value = "1", .lease = 77}, etcd.transport());
    ASSERT_TRUE(answer.has_value());
    EXPECT_FALSE(answer->key.has_value());
}

TEST(Probe, ReadsTheKey) {
    Etcd etcd{.body = "{" + header + R"(,"kvs":[{"key":"a2V5","create_revision":"9","mod_revision":"21",)" +
                      R"("version":"13","value":"Mg=="}],"count":"1"})"};
    const auto answer = etcd::read("key", etcd.transport());
    ASSERT_TRUE(answer.has_value()) << answer.error().text();
    EXPECT_EQ(answer->key, (KeyState{9, 21, 13}));
    EXPECT_EQ(etcd.question, R"({"key":"a2V5"})") << "serializable it is not";
    etcd.body = "{" + header + "}";
    EXPECT_FALSE(etcd::read("key", etcd.transport())->key.has_value());
}

TEST(Probe, AsksForALeaseKeepsAndRevokesIt) {
    Etcd etcd{.body = "{" + header + R"(,"ID":"7587895417238541073","TTL":"30"})"};
    const auto lease = etcd::grant_lease(std::chrono::seconds(30), etcd.transport());
    ASSERT_TRUE(lease.has_value()) << lease.error().text();
    EXPECT_EQ(*lease, 7587895417238541073U);
    EXPECT_EQ(etcd.question, R"({"ID":"0","TTL":"30"})");
    etcd.body = R"({"result":{)" + header + R"(,"ID":"7587895417238541073","TTL":"30"}})" + "\n";
    EXPECT_TRUE(etcd::keep_lease(*lease, etcd.transport()).has_value());
    EXPECT_EQ(etcd.path, "/v3/lease/keepalive");
    etcd.body = "{" + header + "}";
    EXPECT_TRUE(etcd::revoke_lease(*lease, etcd.transport()).has_value());
    EXPECT_EQ(etcd.question, R"({"ID":"7587895417238541073"})");
}

TEST(Probe, KnowsALeaseThatHasRunOut) {
    Etcd etcd{.body = R"({"result":{)" + header + R"(,"ID":"77"}})"};  // no TTL: 0
    EXPECT_EQ(etcd::keep_lease(77, etcd.transport()).error().code, ErrorCode::gone);
    etcd.status = 404;
    etcd.body = R"({"code":5,"message":"etcdserver: requested lease not found"})";
    EXPECT_EQ(etcd::put({.key = "key", .value = "1", .lease = 77}, etcd.transport()).error().code, ErrorCode::gone);
}

struct Refusal {
    const char* name;
    int status;
    const char* body;
    ErrorCode code;
};

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, HasItsOwnKind) {
    Etcd etcd{.status = GetParam().status, .body = GetParam().body};
    EXPECT_EQ(etcd::put({.key = "key", .value = "1", .lease = 77}, etcd.transport()).error().code, GetParam().code);
    EXPECT_EQ(etcd::grant_lease(std::chrono::seconds(30), etcd.transport()).error().code, GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    By, Refused,
    testing::Values(
        Refusal{"Permission", 403, R"({"code":7,"message":"etcdserver: permission denied"})", ErrorCode::forbidden},
        Refusal{"AFullDatabase", 429, R"({"code":8,"message":"etcdserver: mvcc: database space exceeded"})",
                ErrorCode::etcd_unhealthy},
        Refusal{"TooManyRequests", 429, R"({"code":8,"message":"etcdserver: too many requests"})",
                ErrorCode::unreachable},
        Refusal{"NoLeader", 503, R"({"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14})",
                ErrorCode::unreachable},
        Refusal{"SomethingElse", 502, "<html>", ErrorCode::unreachable}),
    [](const auto& one) { return one.param.name; });

TEST(Probe, BelievesNoNonsense) {
    for (const char* body : {"", "[]", "{}", R"({"header":{"revision":-1}})", R"({"header":7})", "{\"header\":"}) {
        Etcd etcd{.body = body};
        EXPECT_FALSE(etcd::put({.key = "key", .value = "1", .lease = 77}, etcd.transport()).has_value()) << body;
        EXPECT_FALSE(etcd::read("key", etcd.transport()).has_value()) << body;
        EXPECT_FALSE(etcd::grant_lease(std::chrono::seconds(30), etcd.transport()).has_value()) << body;
        EXPECT_FALSE(etcd::keep_lease(77, etcd.transport()).has_value()) << body;
    }
}

}  // namespace
