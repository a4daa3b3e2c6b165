// Each rule at its threshold, where it finds nothing, and just beyond it.
#include <algorithm>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health/judge.hpp"
#include "unit/health/observations.hpp"

namespace health_test {
namespace {

using model::Observations;
using model::Seconds;
using model::Severity;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto failure = Severity::failure;
constexpr auto warning = Severity::warning;

struct Limit {
    const char* rule;
    Severity severity;
    const char* subject;
    std::function<void(Observations&)> at;      // still fine; may be empty
    std::function<void(Observations&)> beyond;  // a finding
};

class AtItsLimit : public testing::TestWithParam<Limit> {};

TEST_P(AtItsLimit, FindsNothing) {
    auto seen = healthy(3);
    if (GetParam().at) {
        GetParam().at(seen);
    }
    for (const auto& finding : health::judge(std::move(seen)).findings) {
        EXPECT_NE(finding.rule, GetParam().rule) << finding.message;
    }
}

TEST_P(AtItsLimit, FindsItOnceBeyondWithAHint) {
    auto seen = healthy(3);
    GetParam().beyond(seen);
    const auto verdict = health::judge(std::move(seen));
    const auto fits = [](const auto& finding) { return finding.rule == GetParam().rule; };
    ASSERT_EQ(std::ranges::count_if(verdict.findings, fits), 1);
    const auto& finding = *std::ranges::find_if(verdict.findings, fits);
    EXPECT_EQ(finding.severity, GetParam().severity);
    EXPECT_EQ(finding.subject, GetParam().subject);
    EXPECT_FALSE(finding.hint.empty());
    EXPECT_EQ(verdict.healthy(), GetParam().severity == warning);
}

auto metric(auto change) {
    return [change](Observations& seen) { change(*seen.members[1].metrics); };
}
auto status(auto change) {
    return [change](Observations& seen) { change(*seen.members[1].status); };
}
auto state(auto change) {
    return [change](Observations& seen) { change(seen.members[1].state); };
}
auto budget(auto change) {
    return [change](Observations& seen) { change(seen.budgets->front()); };
}
auto expires(std::chrono::microseconds left) {
    return [left](Observations& seen) { seen.members[1].certificate_expires = now + left; };
}
using Use = model::StoredCertificate::Use;
auto stored_expires(Use use, std::chrono::microseconds left) {
    return [use, left](Observations& seen) {
        seen.certificates = {{.use = use, .place = {.secret = "etcd-crt", .key = "tls.crt"}, .expires = now + left}};
    };
}
auto trouble(model::Trouble which) {
    return [which](Observations& seen) {
        seen.members[1].linearizable_read.reset();
        seen.members[1].failures = {"does not answer: no"};
        seen.members[1].trouble = which;
    };
}

using namespace std::chrono_literals;
constexpr std::chrono::days month{30};

const Limit limits[] = {
    {"pod-running", failure, "etcd-1", {}, state([](auto& s) {
         s.running = false;
         s.phrase = "ImagePullBackOff";
     })},
    {"login", failure, "", {}, trouble(model::Trouble::login)},
    {"certificate-untrusted", failure, "etcd-1", {}, trouble(model::Trouble::certificate_untrusted)},
    {"certificate-refused", failure, "etcd-1", {}, trouble(model::Trouble::certificate_refused)},
    {"certificate-name", failure, "etcd-1", {}, trouble(model::Trouble::certificate_name)},
    {"tls", failure, "etcd-1", {}, trouble(model::Trouble::tls)},
    {"address", failure, "etcd-1", {}, trouble(model::Trouble::unresolved)},
    {"members-running",
     failure,
     "",
     {},
     [](auto& s) {
         s.replicas = 0;
         s.members.clear();
     }},
    {"one-leader", failure, "etcd-1", {}, metric([](auto& m) { m.has_leader = false; })},
    {"linearizable-read", failure, "etcd-1", {}, trouble(model::Trouble::other)},
    {"port-forward", failure, "etcd-1", {}, trouble(model::Trouble::way)},
    {"certificate-expired", failure, "etcd-1", expires(1s), expires(0s)},
    {"certificate-expiry", warning, "etcd-1", expires(month), expires(month - 1s)},
    {"certificate-expired", failure, "", stored_expires(Use::client, 1s), stored_expires(Use::client, 0s)},
    {"certificate-expiry", warning, "", stored_expires(Use::client, month), stored_expires(Use::client, month - 1s)},
    {"certificate-expired", failure, "", stored_expires(Use::client_authority, 1s),
     stored_expires(Use::client_authority, 0s)},
    {"certificate-expired", failure, "", stored_expires(Use::peer, 1s), stored_expires(Use::peer, 0s)},
    {"certificate-expiry", warning, "", stored_expires(Use::peer_authority, month),
     stored_expires(Use::peer_authority, month - 1s)},
    {"quota", failure, "etcd-1", status([](auto& s) { s.db_size = s.db_quota / 100 * 95; }),
     status([](auto& s) { s.db_size = s.db_quota / 100 * 95 + 1; })},
    {"fragmentation", warning, "etcd-1", status([](auto& s) {
         s.db_size_in_use = 101 * mib;
         s.db_size = 202 * mib;
     }),
     status([](auto& s) {
         s.db_size_in_use = 101 * mib;
         s.db_size = 204 * mib;
     })},
    {"raft-lag", warning, "etcd-1", status([](auto& s) { s.raft_applied_index = 4000; }),
     status([](auto& s) { s.raft_applied_index = 3999; })},
    {"same-data", failure, "etcd-1",
     [](auto& s) { s.members[1].hash = {.revision = 5000, .compact_revision = 4100, .hash = 78}; },
     [](auto& s) { s.members[1].hash->hash = 78; }},
    {"same-data",
     failure,
     "",
     {},
     [](auto& s) {
         s.members[1].hash->hash = 78;
         s.members[2].hash->hash = 79;
     }},
    {"compaction", warning, "", metric([](auto& m) { m.current_revision = 1'004'000; }),
     metric([](auto& m) { m.current_revision = 1'004'001; })},
    {"slow-fsync", warning, "etcd-1", metric([](auto& m) { m.wal_fsync_p99 = Seconds(0.010); }),
     metric([](auto& m) { m.wal_fsync_p99 = Seconds(0.0101); })},
    {"slow-fsync", warning, "etcd-1", metric([](auto& m) {
         m.wal_fsync_p99 = Seconds(1);
         m.wal_fsyncs = 499;
     }),
     metric([](auto& m) { m.wal_fsync_p99 = Seconds(1); })},
    {"slow-commit", warning, "etcd-1", metric([](auto& m) { m.backend_commit_p99 = Seconds(0.025); }),
     metric([](auto& m) { m.backend_commit_p99 = Seconds(0.0251); })},
    {"slow-peer", warning, "etcd-1", metric([](auto& m) { m.peer_round_trips[0].p99 = Seconds(0.150); }),
     metric([](auto& m) { m.peer_round_trips[0].p99 = Seconds(0.151); })},
    {"slow-peer", warning, "etcd-1",
     metric([](auto& m) { m.peer_round_trips[0] = {.peer_id = 3, .p99 = Seconds(2), .observations = 99}; }),
     metric([](auto& m) { m.peer_round_trips[0].p99 = Seconds(2); })},
    {"leader-changes", warning, "etcd-1", metric([](auto& m) { m.leader_changes = 383; }),
     metric([](auto& m) { m.leader_changes = 384; })},
    {"leader-changes", warning, "etcd-1", metric([](auto& m) {
         m.leader_changes = 3;
         m.started = now - 1min;
     }),
     metric([](auto& m) {
         m.leader_changes = 4;
         m.started = now - 1min;
     })},
    {"failed-proposals", warning, "etcd-1", metric([](auto& m) { m.proposals_failed = 479; }),
     metric([](auto& m) { m.proposals_failed = 480; })},
    {"pending-proposals", warning, "etcd-1", metric([](auto& m) { m.proposals_pending = 100; }),
     metric([](auto& m) { m.proposals_pending = 101; })},
    {"descriptors", warning, "etcd-1", metric([](auto& m) {
         m.open_descriptors = 80;
         m.most_descriptors = 100;
     }),
     metric([](auto& m) {
         m.open_descriptors = 81;
         m.most_descriptors = 100;
     })},
    {"memory", warning, "etcd-1", metric([](auto& m) { m.resident_memory = 460 * mib; }),
     metric([](auto& m) { m.resident_memory = 461 * mib; })},
    {"one-leader",
     failure,
     "etcd-1",
     {},
     [](auto& s) {
         s.members[1].status.reset();
         s.members[1].metrics->has_leader = false;
     }},
    {"memory-kill", warning, "etcd-1", state([](auto& s) { s.last_end = {.reason = "Completed"}; }),
     state([](auto& s) { s.last_end = {.exit_code = 137, .reason = "OOMKilled"}; })},
    {"restarts", warning, "etcd-1", state([](auto& s) { s.last_end = {.exit_code = 1, .finished = now - 1h}; }),
     state([](auto& s) { s.last_end = {.exit_code = 1, .finished = now - 59min}; })},
    {"node-spread", warning, "", {}, [](auto& s) { s.members[1].node = s.members[2].node; }},
    {"zone-spread", warning, "", [](auto& s) { s.members[1].state.zone = s.members[2].state.zone; },
     [](auto& s) { s.members[0].state.zone = s.members[1].state.zone = s.members[2].state.zone; }},
    {"disruption-budget", warning, "", budget([](auto& b) {
         b.disruptions_allowed = 0;
         b.current_healthy = 2;
     }),
     budget([](auto& b) { b.disruptions_allowed = 0; })},
    {"disruption-budget", warning, "", budget([](auto& b) {
         b.desired_healthy = 1;
         b.is_current = false;
     }),
     budget([](auto& b) { b.desired_healthy = 1; })},
    {"disruption-budget", warning, "", budget([](auto& b) { b.has_expressions = true; }),
     budget([](auto& b) { b.selector = {{"app", "other"}}; })},
    {"volume", warning, "etcd-1", state([](auto& s) { s.volume->available = s.volume->capacity / 100 * 15; }),
     state([](auto& s) { s.volume->available = s.volume->capacity / 100 * 15 - 1; })},
};

INSTANTIATE_TEST_SUITE_P(Rule, AtItsLimit, testing::ValuesIn(limits), [](const auto& test) {
    std::string name = test.param.rule;
    std::ranges::replace(name, '-', '_');
    return name + "_" + std::to_string(test.index);
});

TEST(Rules, FindNothingWhereAllIsWell) {
    EXPECT_THAT(health::judge(healthy(3)).findings, IsEmpty());
    EXPECT_THAT(health::judge(healthy(5)).findings, IsEmpty());
    EXPECT_THAT(health::judge(healthy(3)).notes, IsEmpty());
}

TEST(Rules, ExpectNoBudgetAndNoSpreadOfASingleMember) {
    auto seen = healthy(1);
    seen.budgets->front().disruptions_allowed = 0;
    const auto verdict = health::judge(std::move(seen));
    ASSERT_EQ(verdict.findings.size(), 1U);
    EXPECT_EQ(verdict.findings[0].rule, "tolerance");
}

TEST(Rules, DoNotBlameForWhatCouldNotBeRead) {
    auto seen = healthy(3);
    seen.budgets.reset();
    for (auto& member : seen.members) {
        member.metrics.reset();
        member.hash.reset();
        member.certificate_expires.reset();
        member.state = {};
    }
    seen.notes = {"the zones of the nodes: forbidden"};
    const auto verdict = health::judge(std::move(seen));
    EXPECT_THAT(verdict.findings, IsEmpty());
    EXPECT_THAT(verdict.notes, testing::ElementsAre("the zones of the nodes: forbidden"));
}

// etcd before 3.6 does not tell its quota in the status.
TEST(Rules, TakeTheQuotaFromTheMetricsThenFromTheSettings) {
    auto seen = healthy(3);
    for (auto& member : seen.members) {
        member.status->db_quota = 0;
    }
    seen.members[0].status->db_size = 2000 * mib;
    EXPECT_FALSE(health::judge(seen).healthy());
    for (auto& member : seen.members) {
        member.metrics.reset();
    }
    EXPECT_TRUE(health::judge(seen).healthy()) << "it is unknown";
    seen.configured_quota = 2048 * mib;
    EXPECT_FALSE(health::judge(seen).healthy());
}

TEST(Rules, ComparesOnlyHashesOfTheSameCompaction) {
    auto seen = healthy(3);
    seen.members[2].hash = {.revision = 5000, .compact_revision = 4999, .hash = 1};
    const auto verdict = health::judge(std::move(seen));
    EXPECT_THAT(verdict.findings, IsEmpty());
    EXPECT_THAT(verdict.notes, testing::ElementsAre(HasSubstr("being compacted")));
}

TEST(Rules, NameTheMinorityWhoseDataDiffers) {
    auto seen = healthy(5);
    seen.members[3].hash->hash = 1;
    seen.members[4].hash->hash = 1;
    const auto verdict = health::judge(std::move(seen));
    ASSERT_EQ(verdict.findings.size(), 2U);
    EXPECT_EQ(verdict.findings[0].subject, "etcd-3");
    EXPECT_EQ(verdict.findings[1].subject, "etcd-4");
    EXPECT_THAT(verdict.findings[0].message, HasSubstr("etcd-3, etcd-4 has hash 00000001"));
}

TEST(Rules, CallALearnerThatRefusesTheReadOnlyALearner) {
    auto seen = healthy(3);
    seen.members[2].status->is_learner = true;
    seen.members[2].linearizable_read.reset();
    seen.members[2].failures = {"linearizable read: etcdserver: rpc not supported for learner"};
    for (auto& member : seen.members) {
        member.members->at(2).is_learner = true;
    }
    const auto verdict = health::judge(std::move(seen));
    ASSERT_FALSE(verdict.findings.empty());
    EXPECT_EQ(verdict.findings[0].rule, "learner");
    for (const auto& finding : verdict.findings) {
        EXPECT_NE(finding.rule, "linearizable-read");
    }
}

TEST(Rules, TellOfOneLoginOnceForAllMembers) {
    auto seen = healthy(3);
    for (auto& member : seen.members) {
        member.linearizable_read.reset();
        member.failures = {"does not answer: etcd does not let user root in"};
        member.trouble = model::Trouble::login;
    }
    const auto verdict = health::judge(std::move(seen));
    EXPECT_EQ(std::ranges::count(verdict.findings, "login", &model::Finding::rule), 1);
}

}  // namespace
}  // namespace health_test
