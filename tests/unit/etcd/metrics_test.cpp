#include "etcd/metrics.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "etcd/prometheus_text.hpp"

namespace {

using testing::ElementsAre;

std::vector<std::string> samples(const std::string& text) {
    std::vector<std::string> found;
    etcd::for_each_sample(
        text, [](std::string_view name) { return name != "unwanted"; },
        [&](const etcd::Sample& sample) {
            std::string line(sample.name);
            for (const auto& [key, value] : sample.labels) {
                line += " " + std::string(key) + "=" + value;
            }
            found.push_back(line + " " + std::to_string(sample.value));
        });
    return found;
}

TEST(PrometheusText, ReadsNamesLabelsAndValues) {
    EXPECT_THAT(
        samples("# HELP a b\n# TYPE a counter\na 1\nb{} 2.5\nc{x=\"1\",y=\"a b\"} 1e3\nd{x=\"1\",} 4 1700000000000\n"),
        ElementsAre("a 1.000000", "b 2.500000", "c x=1 y=a b 1000.000000", "d x=1 4.000000"));
    EXPECT_THAT(samples("a{x=\"q\\\"\\\\\\n}\"} 1\r\nunwanted 2\nb +Inf"),
                ElementsAre("a x=q\"\\\n} 1.000000", "b inf"));
}

TEST(PrometheusText, PassesOverLinesThatMakeNoSense) {
    EXPECT_THAT(
        samples("\n \na\na{\na{x\na{x=\na{x=1} 1\na{x=\"1\" 1\na{x=\"1\\\na x\n{x=\"1\"} 1\na{=\"1\"} 1\ngood 1\n"),
        ElementsAre("good 1.000000"));
}

TEST(PrometheusText, TakesALineForACommentThatHasBlanksBefore) {
    EXPECT_THAT(samples("  # a 1\n\t#b 2\ngood 1\n"), ElementsAre("good 1.000000"));
}

TEST(PrometheusText, StopsAtLabelsWithoutEnd) {
    std::string line = "a{";
    for (int i = 0; i < 1000; ++i) {
        line += "x=\"1\",";
    }
    EXPECT_THAT(samples(line + "} 1\ngood 1\n"), ElementsAre("good 1.000000"));
}

constexpr auto recorded = R"(# TYPE etcd_disk_wal_fsync_duration_seconds histogram
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 50
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 90
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.004"} 100
etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 100
etcd_disk_backend_commit_duration_seconds_bucket{le="0.001"} 0
etcd_disk_backend_commit_duration_seconds_bucket{le="8.192"} 1
etcd_disk_backend_commit_duration_seconds_bucket{le="+Inf"} 100
etcd_network_peer_round_trip_time_seconds_bucket{To="2f",le="0.1"} 0
etcd_network_peer_round_trip_time_seconds_bucket{To="2f",le="+Inf"} 0
etcd_network_peer_round_trip_time_seconds_bucket{To="8e9e05c52164694d",le="0.1"} 10
etcd_network_peer_round_trip_time_seconds_bucket{To="8e9e05c52164694d",le="+Inf"} 10
etcd_network_peer_round_trip_time_seconds_bucket{To="no id",le="+Inf"} 10
etcd_server_has_leader 1
etcd_server_leader_changes_seen_total 3
etcd_server_proposals_failed_total 2
etcd_server_proposals_pending 0
etcd_debugging_mvcc_compact_revision -1
etcd_debugging_mvcc_current_revision 1.7e+07
process_resident_memory_bytes 3.8297600e+07
process_open_fds 19
process_max_fds -1
)";

TEST(Metrics, AreReadFromWhatEtcdPrints) {
    const auto metrics = etcd::decode_metrics(recorded);
    ASSERT_TRUE(metrics) << metrics.error().text();
    EXPECT_EQ(metrics->has_leader, true);
    EXPECT_EQ(metrics->leader_changes, 3U);
    EXPECT_EQ(metrics->proposals_failed, 2U);
    EXPECT_EQ(metrics->proposals_pending, 0U);
    EXPECT_EQ(metrics->compact_revision, 0U) << "-1 means that nothing was compacted";
    EXPECT_EQ(metrics->current_revision, 17'000'000U);
    EXPECT_EQ(metrics->resident_memory, 38'297'600U);
    EXPECT_EQ(metrics->open_descriptors, 19U);
    EXPECT_EQ(metrics->most_descriptors, std::nullopt) << "a negative count tells nothing";
}

TEST(Metrics, EstimatePercentilesAsPrometheusDoes) {
    const auto metrics = etcd::decode_metrics(recorded);
    ASSERT_TRUE(metrics);
    // The 99th of 100 is the ninth of ten between 2 and 4 ms.
    ASSERT_TRUE(metrics->wal_fsync_p99);
    EXPECT_NEAR(metrics->wal_fsync_p99->count(), 0.0038, 1e-9);
    ASSERT_TRUE(metrics->backend_commit_p99);
    EXPECT_NEAR(metrics->backend_commit_p99->count(), 8.192, 1e-9) << "beyond the last bound: that bound";
    ASSERT_EQ(metrics->peer_round_trips.size(), 1U) << "a peer without a round trip tells nothing";
    EXPECT_EQ(metrics->peer_round_trips[0].peer_id, 0x8e9e05c52164694dU);
    EXPECT_NEAR(metrics->peer_round_trips[0].p99.count(), 0.099, 1e-9);
}

TEST(Metrics, SurviveHistogramsThatMakeNoSense) {
    for (const std::string text : {"etcd_disk_wal_fsync_duration_seconds_bucket{le=\"NaN\"} NaN\n",
                                   "etcd_disk_wal_fsync_duration_seconds_bucket 1\n",
                                   "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} +Inf\n",
                                   "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"1\"} 100\n"
                                   "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"2\"} 1\n"
                                   "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 50\n"}) {
        EXPECT_TRUE(etcd::decode_metrics(text)) << text;
    }
}

// Infinity by infinity, and a distance times a count beyond all numbers, would be no percentile.
TEST(Metrics, TakeNoPercentileFromCountsThatMakeNoSense) {
    const auto fsync_p99 = [](const std::string& bound, const std::string& count) {
        const std::string bucket = "etcd_disk_wal_fsync_duration_seconds_bucket";
        const auto metrics = etcd::decode_metrics(bucket + "{le=\"" + bound + "\"} " + count + "\n" + bucket +
                                                  "{le=\"+Inf\"} " + count + "\n");
        return metrics ? metrics->wal_fsync_p99 : std::nullopt;
    };
    EXPECT_FALSE(fsync_p99("1", "+Inf"));
    EXPECT_FALSE(fsync_p99("1", "1e300"));
    ASSERT_TRUE(fsync_p99("1e308", "1000"));
    EXPECT_NEAR(fsync_p99("1e308", "1000")->count() / 1e308, 0.99, 1e-9);
}

TEST(Metrics, AreNotFoundInSomethingElse) {
    EXPECT_FALSE(etcd::decode_metrics(""));
    EXPECT_FALSE(etcd::decode_metrics("<html>etcd_server_has_leader 1</html>"));
    EXPECT_FALSE(etcd::decode_metrics("go_goroutines 7\nprocess_open_fds 1\n"));
}

TEST(Metrics, TellHowManyObservationsArePercentilesOf) {
    const auto metrics = etcd::decode_metrics(
        "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 7\n"
        "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 8\n"
        "etcd_network_peer_round_trip_time_seconds_bucket{To=\"2f\",le=\"0.1\"} 3\n"
        "etcd_network_peer_round_trip_time_seconds_bucket{To=\"2f\",le=\"+Inf\"} 3\n");
    ASSERT_TRUE(metrics.has_value());
    EXPECT_EQ(metrics->wal_fsyncs, 8U);
    EXPECT_EQ(metrics->backend_commits, 0U);
    ASSERT_EQ(metrics->peer_round_trips.size(), 1U);
    EXPECT_EQ(metrics->peer_round_trips[0].observations, 3U);
}

TEST(Metrics, TellTheQuotaAndWhenTheMemberWasStarted) {
    const auto metrics =
        etcd::decode_metrics("etcd_server_quota_backend_bytes 2.147483648e+09\nprocess_start_time_seconds 1.7e+09\n");
    ASSERT_TRUE(metrics.has_value());
    EXPECT_EQ(metrics->db_quota, 2147483648U);
    EXPECT_EQ(metrics->started, model::Timestamp(std::chrono::seconds(1700000000)));
    EXPECT_EQ(etcd::decode_metrics("etcd_x 1\nprocess_start_time_seconds 1e300\n")->started, std::nullopt);
    EXPECT_EQ(etcd::decode_metrics("etcd_x 1\nprocess_start_time_seconds NaN\n")->started, std::nullopt);
}

}  // namespace
