// The input: what GET /metrics answers.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "etcd/metrics.hpp"
#include "etcd/prometheus_text.hpp"
#include "expect.hpp"

namespace {

constexpr std::uint64_t largest_count = std::uint64_t{1} << 53U;
constexpr std::size_t most_peers = 64;
constexpr std::size_t most_labels = 32;
constexpr int most_read_again = 16;  // or large inputs would be slow
constexpr auto every_name = [](std::string_view /*name*/) { return true; };

// A sample as the format writes it.
std::string line_of(const etcd::Sample& sample) {
    std::string line(sample.name);
    line += '{';
    for (const auto& [name, value] : sample.labels) {
        line += std::string(name) + "=\"";
        line += base::replace_all(base::replace_all(base::replace_all(value, "\\", "\\\\"), "\"", "\\\""), "\n", "\\n");
        line += "\",";
    }
    std::array<char, 40> number{};
    std::snprintf(number.data(), number.size(), "} %.17g\n", sample.value);
    return line + number.data();
}

bool is_same(const etcd::Sample& one, const etcd::Sample& other) {
    return one.name == other.name && one.labels == other.labels &&
           (one.value == other.value || (std::isnan(one.value) && std::isnan(other.value)));
}

void check_samples(std::string_view text) {
    const auto* const end = text.data() + text.size();
    int seen = 0;
    etcd::for_each_sample(text, every_name, [&](const etcd::Sample& sample) {
        FUZZ_EXPECT(!sample.name.empty() && !sample.name.starts_with('#'));
        FUZZ_EXPECT(sample.name.data() >= text.data() && sample.name.data() + sample.name.size() <= end);
        FUZZ_EXPECT(sample.labels.size() <= most_labels);
        if (++seen > most_read_again) {
            return;
        }
        int read = 0;
        const auto line = line_of(sample);
        etcd::for_each_sample(line, every_name, [&](const etcd::Sample& again) {
            ++read;
            FUZZ_EXPECT(is_same(sample, again));
        });
        FUZZ_EXPECT(read == 1);
    });
}

void check_p99(const std::optional<model::Seconds>& p99) {
    FUZZ_EXPECT(!p99 || (std::isfinite(p99->count()) && p99->count() >= 0));
}

void check_metrics(const model::MemberMetrics& metrics) {
    for (const auto& count :
         {metrics.leader_changes, metrics.proposals_pending, metrics.proposals_failed, metrics.current_revision,
          metrics.compact_revision, metrics.resident_memory, metrics.open_descriptors, metrics.most_descriptors,
          metrics.db_quota, std::optional(metrics.wal_fsyncs), std::optional(metrics.backend_commits)}) {
        FUZZ_EXPECT(count.value_or(0) <= largest_count);
    }
    check_p99(metrics.wal_fsync_p99);
    check_p99(metrics.backend_commit_p99);
    const auto& peers = metrics.peer_round_trips;
    FUZZ_EXPECT(peers.size() <= most_peers);
    FUZZ_EXPECT(std::ranges::is_sorted(peers, std::ranges::less_equal(), &model::PeerRoundTrip::peer_id));
    for (const auto& peer : peers) {
        check_p99(peer.p99);
        FUZZ_EXPECT(peer.observations <= largest_count);
    }
    const auto year_3000 = model::Timestamp(std::chrono::seconds(32503680000));
    FUZZ_EXPECT(!metrics.started || (*metrics.started >= model::Timestamp() && *metrics.started <= year_3000));
}

// One odd line hides no other, whatever it is.
void check_that_a_good_line_counts(std::string_view text) {
    const auto metrics = etcd::decode_metrics(std::string(text) + "\netcd_server_proposals_pending{a=\"b\"} 7\n");
    FUZZ_EXPECT(metrics.has_value());
    FUZZ_EXPECT(metrics->proposals_pending == 7U);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_samples(text);
    if (const auto metrics = etcd::decode_metrics(text)) {
        check_metrics(*metrics);
    } else {
        FUZZ_EXPECT(metrics.error().code == base::ErrorCode::protocol);
    }
    check_that_a_good_line_counts(text);
    return 0;
}
