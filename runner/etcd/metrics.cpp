#include "etcd/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "etcd/prometheus_text.hpp"

namespace etcd {
namespace {

constexpr std::string_view wal_fsync = "etcd_disk_wal_fsync_duration_seconds_bucket";
constexpr std::string_view backend_commit = "etcd_disk_backend_commit_duration_seconds_bucket";
constexpr std::string_view peer_round_trip = "etcd_network_peer_round_trip_time_seconds_bucket";
constexpr std::size_t most_peers = 64;  // etcd itself advises at most seven members
// 2^53. Beyond it a double skips numbers; no count is that large.
constexpr double largest_count = 9007199254740992;

// Upper bound of a bucket -> how many observations were not larger.
using Histogram = std::map<double, double>;

std::uint64_t observations(const Histogram& buckets) {
    return buckets.empty() ? 0 : static_cast<std::uint64_t>(buckets.rbegin()->second);
}

// The value below which 99 of 100 observations are, on a straight line within its bucket:
// https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
std::optional<model::Seconds> p99(const Histogram& buckets) {
    if (buckets.empty() || !std::isinf(buckets.rbegin()->first) || !(buckets.rbegin()->second > 0)) {
        return std::nullopt;
    }
    const double rank = 0.99 * buckets.rbegin()->second;
    double lower_bound = 0;
    double below = 0;
    for (const auto& [bound, count] : buckets) {
        if (count >= rank && count > below) {
            if (std::isinf(bound)) {
                break;  // larger than every bound: the largest is all that is known
            }
            // First the ratio: bounds may be of any size.
            return model::Seconds(lower_bound + (bound - lower_bound) * ((rank - below) / (count - below)));
        }
        lower_bound = std::isinf(bound) ? lower_bound : bound;
        below = std::max(below, count);
    }
    return model::Seconds(lower_bound);
}

std::optional<double> bound_of(const Sample& sample) {
    const auto text = sample.label("le");
    if (text == "+Inf") {
        return std::numeric_limits<double>::infinity();
    }
    double bound = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound);
    const bool good = error == std::errc() && end == text.data() + text.size() && !text.empty() && bound >= 0;
    return good ? std::optional(bound) : std::nullopt;
}

void add(Histogram& histogram, const Sample& sample) {
    if (const auto bound = bound_of(sample); bound && sample.value >= 0 && sample.value <= largest_count) {
        histogram[*bound] = sample.value;
    }
}

// Counts come as floating point: "1.7592186044416e+13". Negative or absurd ones tell nothing.
std::optional<std::uint64_t> whole(double value) {
    return value >= 0 && value <= largest_count ? std::optional(static_cast<std::uint64_t>(value)) : std::nullopt;
}

std::optional<model::Timestamp> time_of(double unix_seconds) {
    constexpr double far_future = 32503680000;  // the year 3000
    if (!(unix_seconds > 0 && unix_seconds < far_future)) {
        return std::nullopt;
    }
    return model::Timestamp(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::duration<double>(unix_seconds)));
}

const std::map<std::string_view, std::optional<std::uint64_t> model::MemberMetrics::*>& plain_numbers() {
    using M = model::MemberMetrics;
    static const std::map<std::string_view, std::optional<std::uint64_t> M::*> table = {
        {"etcd_server_leader_changes_seen_total", &M::leader_changes},
        {"etcd_server_proposals_pending", &M::proposals_pending},
        {"etcd_server_proposals_failed_total", &M::proposals_failed},
        {"etcd_debugging_mvcc_current_revision", &M::current_revision},
        {"process_resident_memory_bytes", &M::resident_memory},
        {"process_open_fds", &M::open_descriptors},
        {"process_max_fds", &M::most_descriptors},
        {"etcd_server_quota_backend_bytes", &M::db_quota},
    };
    return table;
}

}  // namespace

base::Result<model::MemberMetrics> decode_metrics(std::string_view text) {
    model::MemberMetrics metrics;
    Histogram fsync;
    Histogram commit;
    std::map<std::uint64_t, Histogram> peers;
    bool is_etcd = false;
    const auto wanted = [](std::string_view name) { return name.starts_with("etcd_") || name.starts_with("process_"); };
    for_each_sample(text, wanted, [&](const Sample& sample) {
        is_etcd = is_etcd || sample.name.starts_with("etcd_");
        if (const auto plain = plain_numbers().find(sample.name); plain != plain_numbers().end()) {
            metrics.*(plain->second) = whole(sample.value);
        } else if (sample.name == "etcd_server_has_leader") {
            metrics.has_leader = sample.value == 1;
        } else if (sample.name == "process_start_time_seconds") {
            metrics.started = time_of(sample.value);
        } else if (sample.name == "etcd_debugging_mvcc_compact_revision") {
            metrics.compact_revision = whole(std::max(sample.value, 0.0));  // -1: never
        } else if (sample.name == wal_fsync) {
            add(fsync, sample);
        } else if (sample.name == backend_commit) {
            add(commit, sample);
        } else if (sample.name == peer_round_trip) {
            const auto id = sample.label("To");
            std::uint64_t peer = 0;
            const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), peer, 16);
            const bool good = error == std::errc() && end == id.data() + id.size() && !id.empty();
            if (good && (peers.contains(peer) || peers.size() < most_peers)) {
                add(peers[peer], sample);
            }
        }
    });
    if (!is_etcd) {
        return base::fail(base::ErrorCode::protocol, "there are no metrics of etcd in what /metrics answers");
    }
    metrics.wal_fsync_p99 = p99(fsync);
    metrics.wal_fsyncs = observations(fsync);
    metrics.backend_commit_p99 = p99(commit);
    metrics.backend_commits = observations(commit);
    for (const auto& [peer, histogram] : peers) {
        if (const auto slowest = p99(histogram)) {
            metrics.peer_round_trips.push_back(
                {.peer_id = peer, .p99 = *slowest, .observations = observations(histogram)});
        }
    }
    return metrics;
}

}  // namespace etcd
