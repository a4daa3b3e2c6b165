// A cluster that is well, for tests that then spoil one thing.
#pragma once

#include <string>
#include <vector>

#include "model/etcd.hpp"

namespace health_test {

inline constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
inline constexpr model::Timestamp now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 25)};

inline std::vector<model::ListedMember> listed(std::size_t count) {
    std::vector<model::ListedMember> members;
    for (std::size_t index = 0; index < count; ++index) {
        members.push_back({.id = index + 1, .name = "etcd-" + std::to_string(index)});
    }
    return members;
}

inline model::MemberMetrics good_metrics() {
    return {.has_leader = true,
            .leader_changes = 1,
            .proposals_pending = 0,
            .proposals_failed = 0,
            .wal_fsync_p99 = model::Seconds(0.002),
            .backend_commit_p99 = model::Seconds(0.004),
            .peer_round_trips = {{.peer_id = 3, .p99 = model::Seconds(0.003), .observations = 100}},
            .current_revision = 5000,
            .compact_revision = 4000,
            .resident_memory = 40 * mib,
            .open_descriptors = 19,
            .most_descriptors = 65536,
            .wal_fsyncs = 500,
            .backend_commits = 500,
            .db_quota = 2048 * mib,
            .started = now - std::chrono::hours(24)};
}

inline model::Observations healthy(std::size_t count) {
    model::Observations seen{.members = {}, .replicas = count, .now = now, .pod_labels = {{"app", "etcd"}}};
    for (std::size_t index = 0; index < count; ++index) {
        model::MemberAnswers member{.pod = "etcd-" + std::to_string(index), .node = "node" + std::to_string(index)};
        member.status = model::MemberStatus{.cluster_id = 7,
                                            .member_id = index + 1,
                                            .leader_id = 1,
                                            .raft_term = 2,
                                            .raft_index = 5000,
                                            .raft_applied_index = 5000,
                                            .db_size = 20 * mib,
                                            .db_size_in_use = 18 * mib,
                                            .db_quota = 2048 * mib,
                                            .version = "3.7.3",
                                            .revision = 5000};
        member.members = listed(count);
        member.alarms.emplace();
        member.linearizable_read = std::chrono::microseconds(900);
        member.metrics = good_metrics();
        member.hash = {.revision = 5000, .compact_revision = 4000, .hash = 77};
        member.certificate_expires = now + std::chrono::days(300);
        member.state = {
            .memory_limit = 512 * mib,
            .zone = "zone" + std::to_string(index),
            .claim = "data-etcd-" + std::to_string(index),
            .capacity = "8Gi",
            .storage_class = "local",
            .volume = model::VolumeUse{
                .claim = "data-etcd-" + std::to_string(index), .capacity = 8192 * mib, .available = 8000 * mib}};
        seen.members.push_back(std::move(member));
    }
    const auto pods = static_cast<std::int32_t>(count);
    seen.budgets = {{.name = "etcd",
                     .selector = {{"app", "etcd"}},
                     .disruptions_allowed = 1,
                     .current_healthy = pods,
                     .desired_healthy = pods - 1,
                     .expected_pods = pods}};
    return seen;
}

}  // namespace health_test
