#include "health/availability.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using model::KeyAnswer;
using model::KeyState;
using model::ProbeSamples;
using model::WriteGap;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::IsEmpty;

KeyAnswer answer(std::uint64_t revision, std::optional<KeyState> before = {}, std::uint64_t term = 2) {
    return {.cluster_id = 7, .revision = revision, .raft_term = term, .key = before};
}

model::WriteSample done(int ended, KeyAnswer acknowledged) {
    return {.sent = milliseconds(ended - 3), .ended = milliseconds(ended), .acknowledged = acknowledged};
}

model::WriteSample failed(int ended) {
    return {.sent = milliseconds(ended - 3), .ended = milliseconds(ended), .acknowledged = {}};
}

model::MemberSample status(int at, std::string pod, bool healthy, std::uint64_t term = 2) {
    return {.at = milliseconds(at), .pod = std::move(pod), .healthy = healthy, .raft_term = healthy ? term : 0};
}

// Three writes, 50 ms apart, at revisions 11 to 13.
ProbeSamples quiet() {
    return {.begin = milliseconds(1000),
            .end = milliseconds(1160),
            .members = 3,
            .writes = {done(1010, answer(11)), done(1060, answer(12, KeyState{11, 11, 1})),
                       done(1110, answer(13, KeyState{11, 12, 2}))},
            .statuses = {status(1000, "etcd-0", true), status(1000, "etcd-1", true), status(1000, "etcd-2", true)},
            .last_read = answer(13, KeyState{11, 13, 3}),
            .note = {}};
}

TEST(Availability, OfAQuietChange) {
    const auto ledger = health::availability(quiet());
    EXPECT_EQ(ledger.acknowledged, 3U);
    EXPECT_EQ(ledger.failed, 0U);
    EXPECT_EQ(ledger.longest_gap, (WriteGap{milliseconds(50), milliseconds(1010)}));
    EXPECT_EQ(ledger.lowest_healthy, 3U);
    EXPECT_EQ(ledger.leader_changes, 0U);
    EXPECT_TRUE(ledger.all_writes_found);
    EXPECT_THAT(ledger.lost_write, IsEmpty());
    EXPECT_FALSE(health::lost_write_finding(ledger).has_value());
}

TEST(Availability, OfNothingIsEmpty) {
    const auto ledger = health::availability({.members = 3, .note = "etcdserver: permission denied (code 7)"});
    EXPECT_EQ(ledger.acknowledged, 0U);
    EXPECT_FALSE(ledger.longest_gap.has_value());
    EXPECT_FALSE(ledger.lowest_healthy.has_value());
    EXPECT_FALSE(ledger.leader_changes.has_value());
    EXPECT_FALSE(ledger.all_writes_found);
    EXPECT_THAT(ledger.lost_write, IsEmpty());
    EXPECT_EQ(ledger.note, "etcdserver: permission denied (code 7)");
}

struct Gap {
    const char* name;
    std::function<void(ProbeSamples&)> change;
    WriteGap longest;
};

class LongestGap : public testing::TestWithParam<Gap> {};

TEST_P(LongestGap, IsFound) {
    auto samples = quiet();
    GetParam().change(samples);
    EXPECT_EQ(health::availability(samples).longest_gap, GetParam().longest);
}

INSTANTIATE_TEST_SUITE_P(
    Of, LongestGap,
    testing::Values(Gap{"OneThatFailedWritesMake",
                        [](auto& samples) {
                            samples.writes.insert(samples.writes.begin() + 2, failed(1100));
                            samples.writes[3] = done(1190, answer(13, KeyState{11, 12, 2}));
                            samples.end = milliseconds(1200);
                        },
                        {milliseconds(130), milliseconds(1060)}},
                    Gap{"OneBeforeTheFirstAcknowledgement",
                        [](auto& samples) { samples.begin = milliseconds(400); },
                        {milliseconds(610), milliseconds(400)}},
                    Gap{"OneThatIsStillOpenAtTheEnd",
                        [](auto& samples) {
                            samples.writes.push_back(failed(1400));
                            samples.end = milliseconds(1500);
                        },
                        {milliseconds(390), milliseconds(1110)}},
                    Gap{"NotTheRestAfterTheLastWriteThatWasAcknowledged",
                        [](auto& samples) { samples.end = milliseconds(9000); },
                        {milliseconds(50), milliseconds(1010)}},
                    Gap{"NotWhatIsAnsweredAfterTheEnd",
                        [](auto& samples) { samples.writes.push_back(done(1400, answer(14, KeyState{11, 13, 3}))); },
                        {milliseconds(50), milliseconds(1010)}},
                    Gap{"SamplesOutOfOrder",
                        [](auto& samples) { std::swap(samples.writes.front(), samples.writes.back()); },
                        {milliseconds(50), milliseconds(1010)}},
                    Gap{"WritesThatSeemToEndBeforeTheBeginning",
                        [](auto& samples) { samples.begin = milliseconds(1030); },
                        {milliseconds(50), milliseconds(1060)}},
                    Gap{"NothingButFailures",
                        [](auto& samples) {
                            samples.writes = {failed(1100), failed(1150)};
                            samples.last_read.reset();
                        },
                        {milliseconds(160), milliseconds(1000)}}),
    [](const auto& one) { return one.param.name; });

struct Loss {
    const char* name;
    std::function<void(ProbeSamples&)> change;
    const char* says;  // empty: none was lost
};

class LostWrite : public testing::TestWithParam<Loss> {};

TEST_P(LostWrite, IsToldFromWhatIsNone) {
    auto samples = quiet();
    GetParam().change(samples);
    const auto ledger = health::availability(samples);
    const auto finding = health::lost_write_finding(ledger);
    if (std::string(GetParam().says).empty()) {
        EXPECT_THAT(ledger.lost_write, IsEmpty());
        EXPECT_FALSE(finding.has_value());
        return;
    }
    EXPECT_THAT(ledger.lost_write, HasSubstr(GetParam().says));
    EXPECT_FALSE(ledger.all_writes_found);
    ASSERT_TRUE(finding.has_value());
    EXPECT_EQ(finding->rule, "availability");
    EXPECT_EQ(finding->severity, model::Severity::failure);
    EXPECT_THAT(finding->message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    When, LostWrite,
    testing::Values(Loss{"TheLastReadIsOlder", [](auto& samples) { samples.last_read->key->mod_revision = 12; },
                         "revision 13 is gone: the key was last written at revision 12"},
                    Loss{"TheStoreWentBack", [](auto& samples) { samples.last_read = answer(9); },
                         "later etcd was at revision 9"},
                    Loss{"OneInTheMiddleIsNotCounted", [](auto& samples) { samples.last_read->key->version = 2; },
                         "of 3 writes that etcd acknowledged it has counted only 2"},
                    Loss{"TheNextWriteFindsAnOlderValue",
                         [](auto& samples) { samples.writes[2].acknowledged->key->mod_revision = 11; },
                         "revision 12 is gone: the key was last written at revision 11"},
                    Loss{"ARevisionIsGivenTwice",
                         [](auto& samples) {
                             samples.writes[2].acknowledged = answer(12);
                             samples.last_read.reset();
                         },
                         "another one was given the same revision"},
                    Loss{"ItIsAnotherCluster", [](auto& samples) { samples.last_read->cluster_id = 8; },
                         "cluster ID changed from 7 to 8"},
                    Loss{"NoneIfAWriteWithoutAnswerWasDoneLate",
                         [](auto& samples) {
                             samples.writes.push_back(failed(1150));
                             samples.last_read = answer(14, KeyState{11, 14, 4});
                         },
                         ""},
                    Loss{"NoneIfTheLeaseRanOut", [](auto& samples) { samples.last_read->key.reset(); }, ""},
                    Loss{"NoneIfTheKeyWasMadeAnew",
                         [](auto& samples) {
                             samples.writes[2].acknowledged = answer(15);
                             samples.last_read = answer(15, KeyState{15, 15, 1});
                         },
                         ""},
                    Loss{"NoneIfItCouldNotBeReadAtTheEnd", [](auto& samples) { samples.last_read.reset(); }, ""},
                    Loss{"NoneIfOthersWriteMeanwhile", [](auto& samples) { samples.last_read->revision = 1000; }, ""}),
    [](const auto& one) { return one.param.name; });

TEST(Availability, ALateAnswerNeedNotKnowOfWritesThatCameAfterIt) {
    auto samples = quiet();
    // Sent before the second one, and acknowledged after the third.
    samples.writes.push_back(
        {.sent = milliseconds(1020), .ended = milliseconds(1150), .acknowledged = answer(12, KeyState{11, 11, 1})});
    samples.writes[1].acknowledged = answer(13, KeyState{11, 12, 2});
    samples.writes[2].acknowledged = answer(14, KeyState{11, 13, 3});
    samples.last_read = answer(14, KeyState{11, 14, 4});
    const auto ledger = health::availability(samples);
    EXPECT_THAT(ledger.lost_write, IsEmpty());
    EXPECT_TRUE(ledger.all_writes_found);
    EXPECT_EQ(ledger.acknowledged, 4U);
}

TEST(Availability, DoesNotClaimThatAllWritesWereFoundWithoutALastRead) {
    auto samples = quiet();
    samples.last_read.reset();
    EXPECT_FALSE(health::availability(samples).all_writes_found);
}

TEST(Availability, CountsHealthyMembersAsTheyComeAndGo) {
    auto samples = quiet();
    samples.statuses.push_back(status(1300, "etcd-1", true));
    samples.statuses.push_back(status(1200, "etcd-1", false));
    samples.statuses.push_back(status(1310, "etcd-0", false));
    EXPECT_EQ(health::availability(samples).lowest_healthy, 2U) << "never two of them at once";
    samples.statuses.push_back(status(1250, "etcd-2", false));
    EXPECT_EQ(health::availability(samples).lowest_healthy, 1U);
}

TEST(Availability, CountsNobodyBeforeAllWereAsked) {
    auto samples = quiet();
    samples.statuses = {status(1000, "etcd-0", true), status(1001, "etcd-1", false)};
    EXPECT_FALSE(health::availability(samples).lowest_healthy.has_value());
}

TEST(Availability, CountsATermWithALeaderOnce) {
    auto samples = quiet();
    samples.writes[1].acknowledged->raft_term = 3;
    samples.writes[2].acknowledged->raft_term = 3;
    samples.statuses.push_back(status(1090, "etcd-2", true, 3));
    samples.statuses.push_back(status(1500, "etcd-2", true, 5));
    samples.statuses.push_back({.at = milliseconds(1400), .pod = "etcd-0", .healthy = false, .raft_term = 4});
    EXPECT_EQ(health::availability(samples).leader_changes, 2U) << "nobody led in term 4";
}

}  // namespace
