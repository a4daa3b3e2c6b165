// Disk, network and memory, as the members count them. All of it warns, nothing fails: it
// says what will hurt, not what does. Histograms count since the member was started, so a
// percentile means something only with enough behind it.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/text.hpp"
#include "health/case.hpp"

namespace health {
namespace {

using model::MemberAnswers;
using model::Seconds;

// "p99 duration should be less than 10ms" and "... less than 25ms":
// https://etcd.io/docs/v3.6/faq/#what-does-the-etcd-warning-failed-to-send-out-heartbeat-on-time-mean
// https://etcd.io/docs/v3.6/faq/#what-does-the-etcd-warning-apply-entries-took-too-long-mean
constexpr Seconds slow_fsync{0.010};
constexpr Seconds slow_commit{0.025};
constexpr std::uint64_t enough_writes = 500;  // then five of them were that slow
// etcd's alert etcdMemberCommunicationSlow (contrib/mixin). Peers are probed every few seconds.
constexpr Seconds slow_peer{0.150};
constexpr std::uint64_t enough_probes = 100;
// etcd's alerts etcdHighNumberOfLeaderChanges and …FailedProposals: so many in 15 minutes.
constexpr double many_leader_changes = 4;
constexpr double many_failed_proposals = 5;
constexpr std::chrono::minutes alert_window{15};
// Proposals wait when the leader cannot commit as fast as they come; a healthy one has a few.
constexpr std::uint64_t many_pending = 100;
constexpr std::uint64_t descriptors_percent = 80;
constexpr std::uint64_t memory_percent = 90;

std::string milliseconds(Seconds time) {
    std::string text(32, '\0');
    text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.1f ms", time.count() * 1000)));
    return text;
}

bool above(std::uint64_t part, std::uint64_t percent, std::uint64_t whole) {
    return static_cast<double>(part) * 100 > static_cast<double>(whole) * static_cast<double>(percent);
}

void disk(Case& one, const MemberAnswers& member) {
    const auto& metrics = *member.metrics;
    if (metrics.wal_fsync_p99 && *metrics.wal_fsync_p99 > slow_fsync && metrics.wal_fsyncs >= enough_writes) {
        one.warn("slow-fsync", member.pod,
                 "one of a hundred writes to its log takes longer than " + milliseconds(*metrics.wal_fsync_p99) +
                     " (it should be 10 ms)",
                 "give etcd a faster disk, or one that it need not share: slow fsyncs cost leaders their place");
    }
    if (metrics.backend_commit_p99 && *metrics.backend_commit_p99 > slow_commit &&
        metrics.backend_commits >= enough_writes) {
        one.warn("slow-commit", member.pod,
                 "one of a hundred commits of its database takes longer than " +
                     milliseconds(*metrics.backend_commit_p99) + " (it should be 25 ms)",
                 "give etcd a faster disk, or one that it need not share");
    }
}

void network(Case& one, const MemberAnswers& member) {
    for (const auto& peer : member.metrics->peer_round_trips) {
        if (peer.p99 > slow_peer && peer.observations >= enough_probes) {
            one.warn("slow-peer", member.pod,
                     "one of a hundred round trips to " + one.name_of(peer.peer_id) + " takes longer than " +
                         milliseconds(peer.p99),
                     "see the network between the two nodes; raise etcd's heartbeat interval when they are far apart");
        }
    }
}

// What a counter since the start comes to in the alerts' window, on average.
double in_window(Case& one, const MemberAnswers& member, std::uint64_t count) {
    const auto age = member.metrics->started ? one.seen().now - *member.metrics->started : alert_window;
    const std::chrono::duration<double> counted = std::max<std::chrono::microseconds>(age, alert_window);
    return static_cast<double>(count) * std::chrono::duration<double>(alert_window).count() / counted.count();
}

void raft(Case& one, const MemberAnswers& member) {
    const auto& metrics = *member.metrics;
    if (metrics.leader_changes && in_window(one, member, *metrics.leader_changes) >= many_leader_changes) {
        one.warn("leader-changes", member.pod,
                 "has seen " + std::to_string(*metrics.leader_changes) + " changes of the leader since it was started",
                 "the usual causes are a slow disk, too little CPU and a lossy network between the pods");
    }
    if (metrics.proposals_failed && in_window(one, member, *metrics.proposals_failed) >= many_failed_proposals) {
        one.warn("failed-proposals", member.pod,
                 std::to_string(*metrics.proposals_failed) + " writes have failed in it since it was started",
                 "writes fail while there is no leader, and when quorum is lost: see its log of that time");
    }
    if (metrics.proposals_pending && *metrics.proposals_pending > many_pending) {
        one.warn("pending-proposals", member.pod,
                 std::to_string(*metrics.proposals_pending) + " writes wait to be committed",
                 "the clients write faster than the disks of a majority take it");
    }
}

void process(Case& one, const MemberAnswers& member) {
    const auto& metrics = *member.metrics;
    if (metrics.open_descriptors && metrics.most_descriptors &&
        above(*metrics.open_descriptors, descriptors_percent, *metrics.most_descriptors)) {
        one.warn("descriptors", member.pod,
                 "has " + std::to_string(*metrics.open_descriptors) + " of at most " +
                     std::to_string(*metrics.most_descriptors) + " descriptors open",
                 "see which clients keep so many connections; without descriptors etcd cannot take new ones");
    }
    const auto limit = member.state.memory_limit;
    if (metrics.resident_memory && limit > 0 && above(*metrics.resident_memory, memory_percent, limit)) {
        one.warn("memory", member.pod,
                 "uses " + base::human_bytes(*metrics.resident_memory) + " of its memory limit of " +
                     base::human_bytes(limit),
                 "raise resources.limits.memory before the kernel ends it");
    }
}

}  // namespace

void judge_metrics(Case& one) {
    for (const auto& member : one.members()) {
        if (member.metrics) {
            disk(one, member);
            network(one, member);
            raft(one, member);
            process(one, member);
        }
    }
}

}  // namespace health
