#include "etcd/gateway.hpp"

#include <map>

#include <gtest/gtest.h>

namespace {

using base::ErrorCode;

constexpr const char* header =
    R"("header":{"cluster_id":"14841639068965178418","member_id":"10276657743932975437","raft_term":"2"})";

std::string with_header(const std::string& rest) {
    return "{" + std::string(header) + (rest.empty() ? "" : ",") + rest + "}";
}

TEST(Status, ReadsNumbersThatAreStrings) {
    const auto status = etcd::decode_status(with_header(
        R"("version":"3.7.3","dbSize":"20480","dbSizeInUse":"16384","leader":"10276657743932975437","raftIndex":"9","raftTerm":"2","raftAppliedIndex":"8","dbSizeQuota":"2147483648")"));
    ASSERT_TRUE(status.has_value()) << status.error().text();
    EXPECT_EQ(status->cluster_id, 14841639068965178418ULL);
    EXPECT_EQ(status->member_id, 10276657743932975437ULL);
    EXPECT_EQ(status->leader_id, status->member_id);
    EXPECT_EQ(status->raft_index, 9U);
    EXPECT_EQ(status->raft_applied_index, 8U);
    EXPECT_EQ(status->db_size, 20480U);
    EXPECT_EQ(status->db_quota, 2147483648U);
    EXPECT_EQ(status->version, "3.7.3");
    EXPECT_FALSE(status->is_learner);
}

TEST(Status, TakesAnOmittedLeaderForNone) {
    EXPECT_EQ(etcd::decode_status(with_header(R"("version":"3.7.3")"))->leader_id, 0U);
}

TEST(Answers, ThatMakeNoSenseAreErrors) {
    const std::string deep(100, '[');
    for (const std::string& body :
         {std::string(""), std::string("[]"), std::string("{}"), std::string("null"), deep,
          std::string("{\"header\":1}"), with_header(R"("dbSize":"-1")"), with_header(R"("dbSize":"12x")"),
          with_header(R"("version":3)"), with_header(R"("isLearner":"yes")"), std::string(1000, '\xff')}) {
        const auto status = etcd::decode_status(body);
        ASSERT_FALSE(status.has_value()) << body;
        EXPECT_EQ(status.error().code, ErrorCode::protocol);
    }
    EXPECT_FALSE(etcd::decode_member_list(with_header("")).has_value());
    EXPECT_FALSE(etcd::decode_member_list(with_header(R"("members":{})")).has_value());
    EXPECT_FALSE(etcd::decode_alarms("[]").has_value());
    EXPECT_TRUE(etcd::decode_alarms("{}").has_value()) << "etcd 3.4 says this when there is none";
}

TEST(MemberList, TellsTheUnstartedAndTheLearner) {
    const auto members = etcd::decode_member_list(with_header(
        R"("members":[{"ID":"1","name":"etcd-0","clientURLs":["http://etcd-0:2379"]},{"ID":"2","isLearner":true}])"));
    ASSERT_TRUE(members.has_value());
    ASSERT_EQ(members->size(), 2U);
    EXPECT_EQ(members->at(0).client_urls.at(0), "http://etcd-0:2379");
    EXPECT_TRUE(members->at(1).name.empty());
    EXPECT_TRUE(members->at(1).is_learner);
}

TEST(Error, IsReadInBothShapes) {
    EXPECT_EQ(etcd::decode_error(503, R"({"error":"etcdserver: no leader","code":14})"),
              "etcdserver: no leader (code 14)");
    EXPECT_EQ(etcd::decode_error(503, R"({"code":14,"message":"etcdserver: no leader"})"),
              "etcdserver: no leader (code 14)");
    EXPECT_EQ(etcd::decode_error(502, "<html>bad\ngateway"), "HTTP 502: <html>bad gateway");
}

// A member that answers from a table; what is not in it cannot be reached.
etcd::Transport member(std::map<std::string, sys::HttpResponse> answers, int* asked = nullptr) {
    return [answers = std::move(answers), asked](const std::string& path,
                                                 const std::string& /*json*/) -> base::Result<sys::HttpResponse> {
        if (asked != nullptr) {
            ++*asked;
        }
        const auto found = answers.find(path);
        if (found == answers.end()) {
            return base::fail(ErrorCode::timed_out, "no answer in time");
        }
        return found->second;
    };
}

sys::HttpResponse ok(const std::string& body) {
    return {.status = 200, .headers = {}, .body = body};
}

TEST(Ask, GathersEveryAnswer) {
    const auto answers = etcd::ask("etcd-0", "node1",
                                   member({{"/v3/kv/range", ok(with_header(""))},
                                           {"/v3/maintenance/status", ok(with_header(R"("leader":"1")"))},
                                           {"/v3/cluster/member/list", ok(with_header(R"("members":[{"ID":"1"}])"))},
                                           {"/v3/maintenance/alarm", ok(with_header(""))}}));
    EXPECT_TRUE(answers.linearizable_read && answers.status && answers.members && answers.alarms);
    EXPECT_TRUE(answers.failures.empty());
}

TEST(Ask, WaitsOnlyOnceForAMemberThatDoesNotAnswer) {
    int asked = 0;
    const auto answers = etcd::ask("etcd-0", "node1", member({}, &asked));
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(answers.failures, std::vector<std::string>{"does not answer: no answer in time"});
}

TEST(Ask, TakesPermissionDeniedForAHealthyRead) {
    const auto answers = etcd::ask(
        "etcd-0", "node1",
        member({{"/v3/kv/range", {.status = 403, .headers = {}, .body = R"({"code":7,"message":"denied"})"}}}));
    EXPECT_TRUE(answers.linearizable_read.has_value());
    EXPECT_EQ(answers.failures.size(), 3U);
}

}  // namespace
