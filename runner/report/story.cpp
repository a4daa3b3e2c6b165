#include "report/story.hpp"

#include <algorithm>

#include "model/outcome.hpp"
#include "report/diagnosis.hpp"
#include "report/plan.hpp"

namespace report {
namespace {

using base::ErrorCode;

std::string capitalised(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    }
    return text;
}

std::string tolerance(const model::ClusterHealth& health) {
    if (health.voters == 1) {
        return "its only member must not fail";
    }
    if (health.tolerance() == 0) {
        return "no member may fail now";
    }
    return std::to_string(health.tolerance()) + " of " + std::to_string(health.voters) + " may fail";
}

std::string members(const model::ClusterHealth& health) {
    const std::size_t all = std::max(health.members.size(), health.voters);
    return std::to_string(health.healthy_members) + " of " + std::to_string(all) + (all == 1 ? " member" : " members");
}

std::string healthy(const model::RunRecord& record) {
    if (!record.health) {
        return "release " + record.release + " is deployed";
    }
    const auto& health = *record.health;
    return "etcd is healthy: " + members(health) + (health.leader.empty() ? "" : ", leader " + health.leader) + ", " +
           tolerance(health);
}

std::string unhealthy(const model::RunRecord& record) {
    if (!record.health) {
        return "etcd is unhealthy: " + first_line(record.error->text());
    }
    const auto& health = *record.health;
    std::string text = "etcd is unhealthy: " + members(health) + " healthy";
    for (const auto& finding : health.findings) {
        if (finding.severity == model::Severity::failure) {
            return text + "; " + (finding.subject.empty() ? "" : finding.subject + ": ") + first_line(finding.message);
        }
    }
    return text;
}

std::string uninstalled(const model::RunRecord& record) {
    std::string text = record.release + " is uninstalled";
    if (!record.deleted_volumes.empty()) {
        return text + ", and " + counted(record.deleted_volumes.size(), "volume") + " with its data deleted";
    }
    if (!record.kept_volumes.empty()) {
        return text + "; " + counted(record.kept_volumes.size(), "volume") + " with its data " +
               (record.kept_volumes.size() == 1 ? "is" : "are") + " kept";
    }
    return text;
}

std::string connected(const model::RunRecord& record) {
    const auto names = counted(record.endpoints.size(), "member");
    if (!record.file) {
        return "etcd is reached at " + names;
    }
    const auto& file = *record.file;
    if (file.state == model::FileUpdate::State::stale) {
        return file.file + " would be updated: " + file.variable + " would hold " + names;
    }
    return file.file + (file.state == model::FileUpdate::State::updated ? " is updated: " : " is up to date: ") +
           file.variable + " holds " + names;
}

std::string failed(const model::RunRecord& record) {
    const std::string heading(model::failure_kind(record.error->code).heading);
    return heading + ": " + first_line(record.cause ? record.cause->headline : record.error->text());
}

}  // namespace

Story story_of(const model::RunRecord& record) {
    if (record.error) {
        switch (record.error->code) {
            case ErrorCode::bad_input: return Story::bad_input;
            case ErrorCode::cancelled: return Story::cancelled;
            case ErrorCode::etcd_unhealthy: return Story::unhealthy;
            case ErrorCode::difference: return Story::stale;
            case ErrorCode::rollout_timed_out: return Story::timed_out;
            case ErrorCode::helm_failed:
            case ErrorCode::rollout_failed: return Story::failed;
            default: return record.touched || record.error->code == ErrorCode::bug ? Story::failed : Story::refused;
        }
    }
    const bool could_change = record.action == model::Action::install || record.action == model::Action::upgrade ||
                              record.action == model::Action::uninstall;
    if (record.action == model::Action::plan || (record.dry_run && could_change)) {
        return record.action == model::Action::uninstall && record.outcome == model::Outcome::nothing_to_do
                   ? Story::nothing_to_uninstall
                   : Story::planned;
    }
    if (record.action == model::Action::connect) {
        const bool is_stale = record.file && record.file->state == model::FileUpdate::State::stale;  // a dry run's
        return is_stale ? Story::stale : Story::connected;
    }
    if (record.action == model::Action::diagnose) {
        return Story::diagnosed_well;
    }
    if (record.health && !record.health->healthy()) {
        return Story::unhealthy;
    }
    if (record.action == model::Action::uninstall) {
        return record.outcome == model::Outcome::nothing_to_do ? Story::nothing_to_uninstall : Story::uninstalled;
    }
    if (record.action == model::Action::verify) {
        return Story::verified;
    }
    if (!record.before) {
        return record.outcome == model::Outcome::nothing_to_do ? Story::unchanged : Story::installed;
    }
    const bool same = !record.manifest_changed && record.restarted_pods.empty() && record.created_pods.empty();
    return same || record.outcome == model::Outcome::nothing_to_do ? Story::unchanged : Story::upgraded;
}

std::chrono::milliseconds total_duration(const model::RunRecord& record) {
    auto total = record.duration;
    for (const auto& phase : record.phases) {
        total = std::max(total, phase.end);
    }
    return total;
}

Headline headline_of(const model::RunRecord& record) {
    if (record.diagnosis) {
        return diagnosis_headline(record);
    }
    if (tells_the_plan(record)) {
        return plan_headline(record);
    }
    switch (story_of(record)) {
        case Story::planned:  // always has a plan
        case Story::installed:
        case Story::upgraded:
        case Story::unchanged:
        case Story::verified: return {Mark::good, healthy(record)};
        case Story::diagnosed_well: return {Mark::good, "Nothing wrong was found"};
        case Story::uninstalled: return {Mark::good, uninstalled(record)};
        case Story::nothing_to_uninstall:
            return {Mark::good, "Nothing to uninstall: there is no release " + record.release + " in namespace " +
                                    record.namespace_name};
        case Story::connected: return {Mark::good, connected(record)};
        case Story::stale:
            return record.error ? Headline{Mark::bad, first_line(record.error->text())}
                                : Headline{Mark::attention, connected(record)};
        case Story::unhealthy: return {Mark::bad, unhealthy(record)};
        case Story::cancelled: {
            const std::string text = first_line(record.error->text());
            return {Mark::attention, text.starts_with("cancelled") ? capitalised(text) : "Cancelled: " + text};
        }
        case Story::bad_input:
        case Story::refused:
        case Story::failed:
        case Story::timed_out: break;
    }
    return {Mark::bad, failed(record)};
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
    }
    return text;
}

std::string counted(std::size_t number, const std::string& noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

}  // namespace report
