#include "plan/make.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "plan/additions.hpp"
#include "plan/case.hpp"
#include "plan/diff.hpp"
#include "plan/rule.hpp"

namespace plan {
namespace {

using model::PlanFinding;

// The last file that sets it wins.
const ValuePlace* place_of(const std::vector<ValuePlace>& places, const std::string& value) {
    const ValuePlace* found = nullptr;
    for (const auto& place : places) {
        if (!value.empty() && place.path == value) {
            found = &place;
        }
    }
    return found;
}

// What force-quorum-risk says of old.
constexpr std::array quorum_risks{"member-count", "set-removed", "quorum-at-risk"};

bool is_allowed(std::string_view rule, const model::Request& request) {
    return std::ranges::find(request.allow, rule) != request.allow.end() ||
           (request.force_quorum_risk && std::ranges::find(quorum_risks, rule) != quorum_risks.end());
}

// --set wins over the files: then no line of a file is to blame.
bool set_on_command_line(const model::Request& request, const std::string& value) {
    const auto sets = [&value](const std::string& assignment) { return assignment.starts_with(value + "="); };
    return std::ranges::any_of(request.set, sets) || std::ranges::any_of(request.set_string, sets);
}

PlanFinding finding_of(const Rule& rule, const Found& found, const Facts& facts) {
    PlanFinding finding{.severity = rule.severity,
                        .rule = std::string(rule.name),
                        .message = base::printable(found.message),
                        .why = base::printable(found.why),
                        .hint = base::printable(found.hint),
                        .file = {}};
    if (rule.severity == blocks && is_allowed(rule.name, facts.request)) {
        finding.severity = warns;
        finding.allowed = true;
    }
    const auto* place = place_of(facts.places, found.value);
    if (place != nullptr && !set_on_command_line(facts.request, found.value)) {
        finding.file = place->file;
        finding.line = place->line;
    }
    return finding;
}

std::vector<PlanFinding> findings_of(const Case& it) {
    std::vector<PlanFinding> findings;
    std::vector<std::string> names;
    for (const auto& rule : all_rules()) {
        names.emplace_back(rule.name);
        for (const auto& found : rule.look(it)) {
            findings.push_back(finding_of(rule, found, it.facts));
        }
    }
    for (const auto& name : it.facts.request.allow) {
        if (std::ranges::find(names, name) == names.end()) {
            const auto meant = base::nearest(name, names);
            findings.push_back({.severity = warns,
                                .rule = "unknown-rule",
                                .message = "allow names " + name + ", and there is no such rule",
                                .why = "it allows nothing",
                                .hint = meant.empty() ? "docs/plan.md lists them" : "did you mean " + meant + "?",
                                .file = {}});
        }
    }
    std::ranges::stable_sort(findings, {}, [](const auto& finding) { return finding.severity == warns; });
    return findings;
}

// What others have changed of an object since it was deployed: from what it was to what it is.
base::Result<std::vector<model::ObjectChange>> drift_of(const std::vector<Trial>& deployed) {
    std::vector<model::ObjectChange> drift;
    for (const auto& trial : deployed) {
        model::ObjectChange change{.object = trial.object, .fields = {}};
        if (trial.is_unknown) {
            continue;
        }
        if (trial.live.empty()) {
            change.kind = model::ObjectChange::Kind::remove;
        } else {
            change.kind = model::ObjectChange::Kind::change;
            if (!trial.applied.empty()) {
                TRY_ASSIGN(change.fields, diff(trial.applied, trial.live));
            }
            TRY_ASSIGN(auto added, additions_of_others(trial.live));
            std::erase_if(added, [&](const auto& field) {
                return std::ranges::find(change.fields, field.path, &model::FieldChange::path) != change.fields.end();
            });
            std::ranges::move(added, std::back_inserter(change.fields));
        }
        if (change.kind == model::ObjectChange::Kind::remove || !change.fields.empty()) {
            drift.push_back(std::move(change));
        }
    }
    return drift;
}

// Whether the members are still those that were asked, too: a plan for others is none.
std::vector<model::Basis> basis_of(const Facts& facts) {
    std::vector<model::Basis> basis = facts.basis;
    basis.push_back({.what = "the release's revision",
                     .value = facts.release
                                  ? std::to_string(facts.release->revision) + " (" + facts.release->status + ")"
                                  : "none"});
    if (facts.set) {
        basis.push_back({.what = "StatefulSet " + facts.set->meta.name,
                         .value = facts.set->meta.uid + ", generation " + std::to_string(facts.set->meta.generation)});
    }
    for (const auto& pod : facts.pods) {
        basis.push_back({.what = "pod " + pod.meta.name, .value = pod.meta.uid});
    }
    for (const auto& member : facts.members) {
        if (member.status) {
            basis.push_back({.what = "etcd's cluster ID", .value = model::hex_id(member.status->cluster_id)});
            break;
        }
    }
    return basis;
}

}  // namespace

base::Result<model::Plan> make(const Facts& facts) {
    TRY_ASSIGN(auto it, read_case(facts));
    model::Plan plan;
    plan.findings = findings_of(it);
    plan.notes = facts.notes;
    for (auto& one : it.objects) {
        if (one.trial.is_unknown) {
            plan.notes.push_back(one.trial.object.kind + " " + one.trial.object.name +
                                 " may not be read: what would become of it is not known");
        } else {
            plan.objects.push_back(std::move(one.change));
        }
    }
    if (facts.request.leftover_data == model::LeftoverData::remove && !facts.release && !facts.set) {
        for (const auto& claim : facts.claims) {
            plan.objects.push_back({.kind = model::ObjectChange::Kind::remove,
                                    .object = {.kind = "PersistentVolumeClaim", .name = claim.meta.name},
                                    .fields = {}});
        }
    }
    for (const auto& object : facts.removed) {
        plan.objects.push_back({.kind = model::ObjectChange::Kind::remove, .object = object, .fields = {}});
    }
    TRY_ASSIGN(plan.drift, drift_of(facts.deployed));
    plan.looked_for_drift = facts.request.drift;
    plan.forecast = std::move(it.forecast);
    plan.basis = basis_of(facts);
    plan.role = facts.role;
    return plan;
}

base::Error refusal_of(const model::Plan& plan) {
    const auto is_blocking = [](const auto& finding) { return finding.severity == blocks; };
    const auto count = std::ranges::count_if(plan.findings, is_blocking);
    const auto first = std::ranges::find_if(plan.findings, is_blocking);
    if (first == plan.findings.end()) {
        return {.code = base::ErrorCode::bug,
                .message = "nothing speaks against it",
                .context = {},
                .hint = {},
                .command = {}};
    }
    return {.code = base::ErrorCode::refused,
            .message = first->message + (count > 1 ? ", and " + std::to_string(count - 1) + " more" : ""),
            .context = {},
            .hint = first->hint,
            .command = {}};
}

}  // namespace plan
