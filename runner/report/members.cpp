#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "report/compose.hpp"

namespace report {
namespace {

Style style_of(const model::ClusterHealth& health, const std::string& pod) {
    Style style = Style::good;
    for (const auto& finding : health.findings) {
        if (finding.subject == pod) {
            if (finding.severity == model::Severity::failure) {
                return Style::bad;
            }
            style = Style::attention;
        }
    }
    return style;
}

std::string role_of(const model::MemberStatus& status) {
    if (status.is_learner) {
        return "learner";
    }
    return status.leader_id != 0 && status.leader_id == status.member_id ? "leader" : "follower";
}

std::string milliseconds(std::chrono::microseconds duration) {
    std::string text(32, '\0');
    const double value = static_cast<double>(duration.count()) / 1000.0;
    text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.1f ms", value)));
    return text;
}

std::string alarms_of(const model::ClusterHealth& health, std::uint64_t member_id) {
    const auto types = health.alarms_of(member_id);
    return types.empty() ? "none" : base::join(types, ", ");
}

std::vector<Line> row_of(const model::ClusterHealth& health, const model::MemberAnswers& member) {
    std::vector<Line> row{{{member.pod, style_of(health, member.pod)}}, {plain(member.node)}};
    if (!member.status) {
        row.push_back({plain(member.state.running ? "no answer" : "does not run")});
        return row;
    }
    const auto& status = *member.status;
    const auto number = [](std::uint64_t value) { return std::to_string(value); };
    row.push_back({code(model::hex_id(status.member_id))});
    row.push_back({plain(status.version)});
    row.push_back({role_of(status) == "leader" ? strong("leader") : plain(role_of(status))});
    row.push_back({plain(base::human_bytes(status.db_size))});
    row.push_back({plain(base::human_bytes(status.db_size_in_use))});
    row.push_back({plain(status.db_quota == 0 ? "" : base::human_bytes(status.db_quota))});
    row.push_back({plain(number(status.raft_term) + " / " + number(status.raft_index) + " / " +
                         number(status.raft_applied_index))});
    row.push_back({plain(member.linearizable_read ? milliseconds(*member.linearizable_read) : "failed")});
    row.push_back({plain(alarms_of(health, status.member_id))});
    return row;
}

Table findings_table(const model::ClusterHealth& health) {
    Table table{.header = {"Finding", "Where", "What to do"}, .rows = {}};
    for (const auto& finding : health.findings) {
        const bool failure = finding.severity == model::Severity::failure;
        table.rows.push_back({{{finding.message, failure ? Style::bad : Style::attention}},
                              {plain(finding.subject.empty() ? "the cluster" : finding.subject)},
                              {plain(finding.hint)}});
    }
    return table;
}

std::string percentile(const std::optional<model::Seconds>& p99) {
    return p99 ? milliseconds(std::chrono::duration_cast<std::chrono::microseconds>(*p99)) : "";
}

// To the slowest peer.
std::string slowest_peer(const model::MemberMetrics& metrics) {
    const auto slowest = std::ranges::max_element(metrics.peer_round_trips, {}, &model::PeerRoundTrip::p99);
    return slowest == metrics.peer_round_trips.end() ? "" : percentile(slowest->p99);
}

std::string memory_of(const model::MemberAnswers& member) {
    if (!member.metrics || !member.metrics->resident_memory) {
        return "";
    }
    const auto limit = member.state.memory_limit;
    return base::human_bytes(*member.metrics->resident_memory) + (limit > 0 ? " of " + base::human_bytes(limit) : "");
}

std::string descriptors_of(const model::MemberAnswers& member) {
    return member.metrics && member.metrics->open_descriptors ? std::to_string(*member.metrics->open_descriptors) : "";
}

std::string restarts_of(const model::PodState& state) {
    const auto& end = state.last_end;
    return std::to_string(state.restarts) + (end && !end->reason.empty() ? " (" + end->reason + ")" : "");
}

// "8Gi standard, 12 % used"
std::string volume_of(const model::PodState& state) {
    std::string text = state.capacity + (state.storage_class.empty() ? "" : " " + state.storage_class);
    if (state.volume && state.volume->capacity > 0) {
        text += (text.empty() ? "" : ", ") + std::to_string(state.volume->percent_used()) + " % used";
    }
    return text;
}

// What the machine does for each member.
std::optional<Table> machines_table(const model::ClusterHealth& health) {
    Table table{
        .header = {"Pod", "Fsync p99", "Commit p99", "Slowest peer p99", "Memory", "Descriptors", "Restarts", "Volume"},
        .rows = {},
        .fold = "Disk, network and memory of each member"};
    bool is_known = false;
    for (const auto& member : health.members) {
        is_known = is_known || member.metrics || !member.state.claim.empty();
        const auto metrics = member.metrics.value_or(model::MemberMetrics());
        table.rows.push_back({{plain(member.pod)},
                              {plain(percentile(metrics.wal_fsync_p99))},
                              {plain(percentile(metrics.backend_commit_p99))},
                              {plain(slowest_peer(metrics))},
                              {plain(memory_of(member))},
                              {plain(descriptors_of(member))},
                              {plain(restarts_of(member.state))},
                              {plain(volume_of(member.state))}});
    }
    return is_known ? std::optional(std::move(table)) : std::nullopt;
}

}  // namespace

std::optional<Section> members_section(const model::RunRecord& record) {
    if (!record.health || record.health->members.empty()) {
        return std::nullopt;
    }
    const auto& health = *record.health;
    Section section{.title = "Members", .blocks = {}};
    Table table{.header = {"Pod", "Node", "ID", "Version", "Role", "DB size", "In use", "Quota",
                           "Term / index / applied", "Read", "Alarms"},
                .rows = {}};
    Bullets failures;
    for (const auto& member : health.members) {
        table.rows.push_back(row_of(health, member));
        for (const auto& failure : member.failures) {
            failures.items.push_back({code(member.pod), plain(": " + failure)});
        }
    }
    if (!health.findings.empty()) {
        section.blocks.emplace_back(findings_table(health));
    }
    section.blocks.emplace_back(std::move(table));
    if (auto machines = machines_table(health)) {
        section.blocks.emplace_back(std::move(*machines));
    }
    if (!failures.items.empty()) {
        section.blocks.emplace_back(Paragraph{{plain("What the members did not answer:")}});
        section.blocks.emplace_back(std::move(failures));
    }
    if (!health.notes.empty()) {
        Bullets notes;
        for (const auto& note : health.notes) {
            notes.items.push_back({plain(note)});
        }
        section.blocks.emplace_back(Paragraph{{plain("Not checked:")}});
        section.blocks.emplace_back(std::move(notes));
    }
    return section;
}

}  // namespace report
