#include "etcd/gateway.hpp"

#include <map>

#include <gmock/gmock.h>
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
    EXPECT_EQ(status->revision, 0U) << "the header tells none";
}

TEST(Status, TakesANegativeQuotaForNone) {
    for (const char* quota : {R"("-1")", "-1", "0", R"("0")"}) {
        const auto status =
            etcd::decode_status(with_header(std::string(R"("version":"3.7.3","dbSizeQuota":)") + quota));
        ASSERT_TRUE(status.has_value()) << status.error().text();
        EXPECT_EQ(status->db_quota, 0U) << quota;
    }
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

TEST(Status, ThatIsNoJsonIsSaidToBeNone) {
    for (const std::string body : {"", "<html>", "\xff\xfe", "{\"header\":", "{}{}"}) {
        const auto status = etcd::decode_status(body);
        ASSERT_FALSE(status.has_value()) << body;
        EXPECT_THAT(status.error().message,
                    testing::MatchesRegex("cannot make sense of etcd's status: it is no JSON \\(byte [0-9]+\\)"));
    }
}

// Each failure of a member is one line of a list.
TEST(Error, IsOneLine) {
    EXPECT_EQ(etcd::decode_error(500, R"({"code":2,"message":"one\ntwo\r\nthree"})"), "one two three (code 2)");
    EXPECT_EQ(etcd::decode_error(502, "\n<html>\n</html>\n"), "HTTP 502: <html> </html>");
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
                                           {"/v3/cluster/member/list", ok(with_header(R"("members":[{"ID":"1"}])"))}}));
    EXPECT_TRUE(answers.linearizable_read && answers.status && answers.members);
    EXPECT_TRUE(answers.failures.empty());
    EXPECT_FALSE(answers.alarms) << "they are asked for once, not of each member";
}

TEST(AskAlarms, AddsThemOrWhyTheyAreNotKnown) {
    model::MemberAnswers answers;
    etcd::ask_alarms(answers, member({}));
    EXPECT_EQ(answers.failures, std::vector<std::string>{"alarms: no answer in time"});
    EXPECT_FALSE(answers.alarms);
    etcd::ask_alarms(
        answers,
        member({{"/v3/maintenance/alarm", ok(with_header(R"("alarms":[{"memberID":"7","alarm":"NOSPACE"}])"))}}));
    ASSERT_TRUE(answers.alarms);
    EXPECT_EQ(answers.alarms->front().member_id, 7U);
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
        member({{"/v3/maintenance/status", ok(with_header(R"("leader":"1")"))},
                {"/v3/kv/range", {.status = 403, .headers = {}, .body = R"({"code":7,"message":"denied"})"}}}));
    EXPECT_TRUE(answers.linearizable_read.has_value());
    EXPECT_EQ(answers.failures.size(), 1U) << "the member list";
}

// Without quorum the read waits for its deadline.
TEST(Ask, KeepsWhatNeedsNoQuorumWhenTheReadGetsNoAnswer) {
    int asked = 0;
    const auto answers = etcd::ask("etcd-0", "node1",
                                   member({{"/v3/maintenance/status", ok(with_header(""))},
                                           {"/v3/cluster/member/list", ok(with_header(R"("members":[{"ID":"1"}])"))}},
                                          &asked));
    EXPECT_EQ(asked, 3);
    EXPECT_TRUE(answers.status && answers.members);
    EXPECT_FALSE(answers.linearizable_read);
    EXPECT_EQ(answers.failures, std::vector<std::string>{"linearizable read: no answer in time"});
}

TEST(Ask, TakesGarbageForNoRead) {
    for (const std::string body : {"<html>", "{}", R"({"header":{"cluster_id":"-1"}})", "[[[[[[[["}) {
        const auto answers = etcd::ask("etcd-0", "node1",
                                       member({{"/v3/kv/range", ok(body)},
                                               {"/v3/maintenance/status", ok(body)},
                                               {"/v3/cluster/member/list", ok(body)},
                                               {"/v3/maintenance/alarm", ok("{}")}}));
        EXPECT_FALSE(answers.linearizable_read.has_value()) << body;
        EXPECT_THAT(answers.failures, testing::Contains(testing::HasSubstr("etcd's read: "))) << body;
        EXPECT_THAT(answers.failures.front(), testing::StartsWith("status: ")) << "by it the member is judged";
    }
}

TEST(Ask, TellsWhyAMemberGivesNoAnswerAtAll) {
    const auto trouble = [](ErrorCode code, const std::string& message) {
        return etcd::ask("etcd-0", "node1", [&](const auto&, const auto&) { return base::fail(code, message); })
            .trouble;
    };
    using model::Trouble;
    const std::string tls = "no TLS with etcd-0:2379: SSL certificate problem: ";
    EXPECT_EQ(trouble(ErrorCode::unreachable, tls + "certificate has expired"), Trouble::certificate_expired);
    EXPECT_EQ(trouble(ErrorCode::unreachable, tls + "unable to get local issuer certificate"),
              Trouble::certificate_untrusted);
    EXPECT_EQ(trouble(ErrorCode::unreachable, tls + "self-signed certificate in certificate chain"),
              Trouble::certificate_untrusted);
    EXPECT_EQ(trouble(ErrorCode::unreachable,
                      "the connection to etcd-0:2379 was lost: error:0A00045C:SSL routines::tlsv13 alert certificate "
                      "required"),
              Trouble::certificate_refused);
    EXPECT_EQ(trouble(ErrorCode::unauthorized, "etcd does not let user root in"), Trouble::login);
    EXPECT_EQ(trouble(ErrorCode::timed_out, "no answer in time"), Trouble::other);
    const std::string no_tls = "no TLS with etcd-0:2379: ";
    EXPECT_EQ(trouble(ErrorCode::unreachable,
                      no_tls + "SSL: no alternative certificate subject name matches target host name 'etcd-0'"),
              Trouble::certificate_name);
    EXPECT_EQ(trouble(ErrorCode::unreachable, no_tls + "unable to set private key: key values mismatch"), Trouble::tls);
    EXPECT_EQ(trouble(ErrorCode::unreachable, no_tls + "error:0A00010B:SSL routines::wrong version number"),
              Trouble::tls);
    EXPECT_EQ(trouble(ErrorCode::unreachable, no_tls + "OpenSSL SSL_connect: Connection reset by peer"), Trouble::other)
        << "it may have ended";
    EXPECT_EQ(trouble(ErrorCode::unreachable, "cannot find the host of etcd-0.etcd-headless.ns.svc:2379 (DNS)"),
              Trouble::unresolved);
}

TEST(DataHash, IsOfTheRevisionThatWasAskedAbout) {
    std::string asked;
    const auto hash = etcd::hash_data(41, [&](const std::string& path, const std::string& body) {
        asked = path + " " + body;
        return base::Result<sys::HttpResponse>(
            ok(R"({"header":{"revision":"44"},"hash":4294967295,"compact_revision":"30"})"));
    });
    ASSERT_TRUE(hash.has_value()) << hash.error().text();
    EXPECT_EQ(asked, R"(/v3/maintenance/hashkv {"revision":"41"})");
    EXPECT_EQ(*hash, (model::DataHash{.revision = 41, .compact_revision = 30, .hash = 4294967295}));
}

TEST(DataHash, KnowsTheSignOfAKeySpaceThatWasNeverCompacted) {
    const auto hash = etcd::decode_data_hash(R"({"header":{},"hash":1,"compact_revision":"-1"})");
    ASSERT_TRUE(hash.has_value()) << hash.error().text();
    EXPECT_EQ(hash->compact_revision, 0U);
}

TEST(DataHash, TellsWhetherAskingAgainMayHelp) {
    const auto code_of = [](int status, const std::string& body) {
        const auto hash = etcd::hash_data(1, [&](const auto&, const auto&) {
            return base::Result<sys::HttpResponse>({.status = status, .headers = {}, .body = body});
        });
        return hash ? ErrorCode::bug : hash.error().code;
    };
    EXPECT_EQ(code_of(400, R"({"code":11,"message":"etcdserver: mvcc: required revision has been compacted"})"),
              ErrorCode::conflict);
    EXPECT_EQ(code_of(403, R"({"code":7,"message":"etcdserver: permission denied"})"), ErrorCode::forbidden);
    EXPECT_EQ(code_of(404, "Not Found"), ErrorCode::refused);
    EXPECT_EQ(code_of(200, R"({"header":{},"hash":4294967296})"), ErrorCode::protocol);
    EXPECT_EQ(code_of(200, R"({"header":{},"hash":-1})"), ErrorCode::protocol);
}

}  // namespace
