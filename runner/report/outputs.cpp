#include "report/outputs.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "report/availability.hpp"
#include "report/report.hpp"
#include "report/story.hpp"

namespace report {
namespace {

std::string status_of(const model::RunRecord& record) {
    switch (story_of(record)) {
        case Story::installed:
        case Story::upgraded:
        case Story::unchanged:
        case Story::verified:
        case Story::diagnosed_well: return "healthy";
        case Story::uninstalled:
        case Story::nothing_to_uninstall: return "uninstalled";
        case Story::planned: return "planned";
        case Story::connected: return "connected";
        case Story::stale: return "stale";
        case Story::bad_input:
        case Story::refused: return "refused";
        case Story::failed: return "failed";
        case Story::timed_out: return "timed-out";
        case Story::unhealthy: return "unhealthy";
        case Story::cancelled: return "cancelled";
    }
    return "failed";
}

bool changed(const model::RunRecord& record) {
    const auto story = story_of(record);
    if (story == Story::unhealthy && record.before && record.after) {
        return record.manifest_changed || !record.restarted_pods.empty() || !record.created_pods.empty();
    }
    return story != Story::unchanged && story != Story::planned && story != Story::verified &&
           story != Story::diagnosed_well && story != Story::nothing_to_uninstall && story != Story::bad_input &&
           record.touched;
}

std::string findings(const model::ClusterHealth& health, model::Severity severity) {
    return std::to_string(std::ranges::count(health.findings, severity, &model::Finding::severity));
}

std::string availability(std::string_view name, const model::RunRecord& record) {
    if (!record.availability) {
        return "";
    }
    const auto& ledger = *record.availability;
    if (name == "longest-write-gap") {
        return ledger.longest_gap ? seconds_text(ledger.longest_gap->length) : "";
    }
    if (name == "leader-changes") {
        return ledger.leader_changes ? std::to_string(*ledger.leader_changes) : "";
    }
    return ledger.lowest_healthy ? std::to_string(*ledger.lowest_healthy) : "";
}

std::string value_of(std::string_view name, const model::RunRecord& record) {
    if (name == "status") {
        return status_of(record);
    }
    if (name == "changed") {
        return changed(record) ? "true" : "false";
    }
    if (name == "changes") {
        return record.plan ? (record.plan->changes() ? "true" : "false") : "";
    }
    if (name == "revision") {
        return record.after ? std::to_string(record.after->revision) : "";
    }
    if (name == "endpoints") {
        return base::join(record.endpoints, ",");
    }
    if (name == "longest-write-gap" || name == "lowest-members-healthy" || name == "leader-changes") {
        return availability(name, record);
    }
    if (!record.health) {
        return "";
    }
    const auto& health = *record.health;
    if (name == "etcd-version") {
        return health.version;
    }
    if (name == "leader") {
        return health.leader;
    }
    if (name == "members") {
        return std::to_string(health.voters);
    }
    if (name == "members-healthy") {
        return std::to_string(health.healthy_members);
    }
    if (name == "may-fail") {
        return std::to_string(health.tolerance());
    }
    if (name == "failures") {
        return findings(health, model::Severity::failure);
    }
    if (name == "warnings") {
        return findings(health, model::Severity::warning);
    }
    return health.cluster_id == 0 ? "" : model::hex_id(health.cluster_id);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> outputs(const model::RunRecord& record) {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& output : output_table) {
        all.emplace_back(output.name, base::replace_all(base::printable(value_of(output.name, record)), "\n", " "));
    }
    return all;
}

}  // namespace report
