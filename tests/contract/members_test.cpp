// One client for etcd 3.4 to 3.7: what members answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "contract/etcd_cluster.hpp"
#include "etcd/gateway.hpp"
#include "etcd/metrics.hpp"

namespace contract {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Members : public testing::TestWithParam<std::string> {
protected:
    [[nodiscard]] static model::MemberAnswers ask(const etcd::Member& member, seconds time = seconds(5)) {
        auto answers = etcd::ask("member", "node", member.transport(within(time)));
        if (answers.linearizable_read) {
            etcd::ask_alarms(answers, member.transport(within(time)));
        }
        return answers;
    }
    [[nodiscard]] static std::string put(const std::string& key, std::size_t bytes) {
        return R"({"key":")" + base::base64_encode(key) + R"(","value":")" +
               base::base64_encode(std::string(bytes, 'x')) + "\"}";
    }
    // What the client says of an answer that is none.
    [[nodiscard]] static std::string refusal(const etcd::Member& member, const std::string& path,
                                             const std::string& json) {
        const auto answer = member.post(path, json, within(seconds(10)));
        if (!answer) {
            return answer.error().text();
        }
        return answer->status == 200 ? "no refusal: " + answer->body : etcd::decode_error(answer->status, answer->body);
    }
};

TEST_P(Members, AnswerEverythingThatHealthIsJudgedBy) {
    Cluster cluster({.version = GetParam(), .size = 3});
    std::uint64_t cluster_id = 0;
    std::uint64_t leader = 0;
    for (std::size_t index = 0; index < 3; ++index) {
        const auto member = cluster.member(index);
        ASSERT_TRUE(eventually([&] { return ask(member).failures.empty(); }))
            << testing::PrintToString(ask(member).failures);
        const auto answers = ask(member);
        ASSERT_TRUE(answers.status && answers.members && answers.alarms && answers.linearizable_read);
        EXPECT_THAT(answers.status->version, StartsWith(GetParam() + "."));
        EXPECT_NE(answers.status->member_id, 0U);
        EXPECT_NE(answers.status->leader_id, 0U);
        EXPECT_GT(answers.status->raft_index, 0U);
        EXPECT_GT(answers.status->raft_applied_index, 0U);
        EXPECT_GT(answers.status->raft_term, 0U);
        EXPECT_GT(answers.status->db_size, 0U);
        EXPECT_GT(answers.status->db_size_in_use, 0U);
        EXPECT_EQ(answers.status->db_quota > 0, at_least(GetParam(), "3.6")) << "told from 3.6 on";
        EXPECT_FALSE(answers.status->is_learner);
        EXPECT_EQ(answers.members->size(), 3U);
        EXPECT_THAT(*answers.alarms, IsEmpty());
        cluster_id = index == 0 ? answers.status->cluster_id : cluster_id;
        leader = index == 0 ? answers.status->leader_id : leader;
        EXPECT_EQ(answers.status->cluster_id, cluster_id);
        EXPECT_EQ(answers.status->leader_id, leader);
    }
}

TEST_P(Members, ListThemselvesAsAMajorityAgrees) {
    Cluster cluster({.version = GetParam()});
    const auto listed = etcd::decode_member_list(cluster.post("/v3/cluster/member/list", R"({"linearizable":true})"));
    ASSERT_TRUE(listed.has_value()) << listed.error().text();
    ASSERT_EQ(listed->size(), 1U);
    EXPECT_EQ(listed->front().name, "member-0");
    EXPECT_THAT(listed->front().client_urls, testing::ElementsAre(cluster.endpoint().url));
}

TEST_P(Members, ListLearnersAndThoseNeverStarted) {
    Cluster cluster({.version = GetParam()});
    cluster.post("/v3/cluster/member/add", R"({"peerURLs":["http://127.0.0.1:9"],"isLearner":true})");
    const auto listed = etcd::decode_member_list(cluster.post("/v3/cluster/member/list", "{}"));
    ASSERT_TRUE(listed.has_value()) << listed.error().text();
    ASSERT_EQ(listed->size(), 2U);
    const auto& added = listed->front().name.empty() ? listed->front() : listed->back();
    EXPECT_THAT(added.name, IsEmpty());
    EXPECT_TRUE(added.is_learner);
    EXPECT_THAT(added.client_urls, IsEmpty());
}

TEST_P(Members, RaiseTheAlarmNospaceWhenTheQuotaIsUsedUp) {
    Cluster cluster({.version = GetParam(), .arguments = {"--quota-backend-bytes=1048576"}});
    const auto member = cluster.member();
    std::string refused;
    for (int count = 0; count < 20 && !refused.contains("code"); ++count) {
        refused = refusal(member, "/v3/kv/put", put("key-" + std::to_string(count), 200'000));
    }
    EXPECT_THAT(refused, HasSubstr("etcdserver: mvcc: database space exceeded (code 8)"));
    ASSERT_TRUE(eventually([&] { return ask(member).alarms.value_or(std::vector<model::Alarm>{}).size() == 1; }));
    const auto answers = ask(member);
    EXPECT_EQ(answers.alarms->front().type, "NOSPACE");
    EXPECT_EQ(answers.alarms->front().member_id, answers.status->member_id);
    EXPECT_TRUE(answers.linearizable_read.has_value()) << "it can be read all the same";
}

TEST_P(Members, RefuseInOneShapeOrTheOther) {
    Cluster cluster({.version = GetParam()});
    const auto member = cluster.member();
    cluster.post("/v3/kv/put", put("a", 1));
    cluster.post("/v3/kv/put", put("a", 1));
    cluster.post("/v3/kv/compaction", R"({"revision":"3","physical":true})");
    EXPECT_THAT(refusal(member, "/v3/kv/range", R"({"key":"YQ==","revision":"1"})"),
                AllOf(HasSubstr("compacted"), HasSubstr("code 11")));
    EXPECT_THAT(refusal(member, "/v3/kv/put", "{}"), HasSubstr("key is not provided (code 3)"));
    EXPECT_THAT(refusal(member, "/v3/cluster/member/remove", R"({"ID":"4711"})"),
                HasSubstr("member not found (code 5)"));
    EXPECT_THAT(refusal(member, "/v3/kv/range", "no json"), HasSubstr("(code 3)"));
    EXPECT_THAT(refusal(member, "/v3/no/such", "{}"), AnyOf(HasSubstr("Not Found"), HasSubstr("404")));
    if (at_least(GetParam(), "3.5")) {  // no hashkv in the gateway before
        EXPECT_THAT(cluster.post("/v3/maintenance/hashkv", "{}"), HasSubstr(R"("hash":)"));
        EXPECT_THAT(refusal(member, "/v3/maintenance/hashkv", R"({"revision":"1000000"})"),
                    AllOf(HasSubstr("future revision"), HasSubstr("code 11")));
        EXPECT_THAT(refusal(member, "/v3/maintenance/hashkv", R"({"revision":"1"})"),
                    AllOf(HasSubstr("compacted"), HasSubstr("code 11")));
    }
}

TEST_P(Members, CountWhatTheyDo) {
    Cluster cluster({.version = GetParam()});
    cluster.post("/v3/kv/put", put("a", 1));
    const auto text = cluster.member().metrics(within(seconds(5)));
    ASSERT_TRUE(text.has_value()) << text.error().text();
    const auto metrics = etcd::decode_metrics(*text);
    ASSERT_TRUE(metrics.has_value()) << metrics.error().text();
    EXPECT_EQ(metrics->has_leader, true);
    EXPECT_EQ(metrics->proposals_failed, 0U);
    EXPECT_EQ(metrics->proposals_pending, 0U);
    EXPECT_TRUE(metrics->leader_changes.has_value());
    EXPECT_EQ(metrics->current_revision, 2U);
    ASSERT_TRUE(metrics->wal_fsync_p99.has_value());
    EXPECT_GT(metrics->wal_fsync_p99->count(), 0);
    EXPECT_LT(metrics->wal_fsync_p99->count(), 60);
    EXPECT_TRUE(metrics->backend_commit_p99.has_value());
    EXPECT_GT(metrics->resident_memory.value_or(0), 1'000'000U);
    EXPECT_GT(metrics->open_descriptors.value_or(0), 0U);
    EXPECT_GE(metrics->most_descriptors.value_or(0), metrics->open_descriptors.value_or(1));
}

TEST_P(Members, CountTheRoundTripsToTheirPeers) {
    Cluster cluster({.version = GetParam(), .size = 3});
    std::size_t peers = 0;
    EXPECT_TRUE(eventually(
        [&] {
            const auto text = cluster.member().metrics(within(seconds(5)));
            const auto metrics = text ? etcd::decode_metrics(*text) : base::Result<model::MemberMetrics>();
            peers = metrics ? metrics->peer_round_trips.size() : 0;
            return peers == 2;
        },
        seconds(60)))
        << peers;
}

TEST_P(Members, SayWithinTheDeadlineThatThereIsNoLeader) {
    Cluster cluster({.version = GetParam(), .size = 3});
    const auto member = cluster.member(0);
    cluster.kill(1);
    cluster.kill(2);
    ASSERT_TRUE(eventually([&] {
        const auto answer = member.post("/v3/maintenance/status", "{}", within(seconds(5)));
        const auto status =
            answer && answer->status == 200 ? etcd::decode_status(answer->body) : base::Result<model::MemberStatus>();
        return status && !status->version.empty() && status->leader_id == 0;
    })) << "status is the member's own and needs no leader";
    const auto begin = std::chrono::steady_clock::now();
    const auto read = member.post("/v3/kv/range", R"({"key":"aGVhbHRo"})", within(seconds(2)));
    EXPECT_TRUE(!read || read->status != 200);
    const auto list = member.post("/v3/cluster/member/list", R"({"linearizable":true})", within(seconds(2)));
    if (at_least(GetParam(), "3.5")) {  // 3.4 tells what it remembers
        EXPECT_TRUE(!list || list->status != 200);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
    EXPECT_FALSE(ask(member, seconds(2)).linearizable_read.has_value());
    const auto stopped = cluster.member(1).post("/v3/maintenance/status", "{}", within(seconds(2)));
    ASSERT_FALSE(stopped.has_value());
    EXPECT_EQ(stopped.error().code, base::ErrorCode::unreachable) << stopped.error().text();
}

INSTANTIATE_TEST_SUITE_P(Etcd, Members, testing::ValuesIn(versions()),
                         [](const auto& version) { return base::replace_all(version.param, ".", "_"); });

}  // namespace
}  // namespace contract
