#include "operate/plan.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "operate/lock.hpp"
#include "operate/plan_facts.hpp"
#include "plan/make.hpp"
#include "sys/files.hpp"

namespace operate {
namespace {

// Larger than any plan that a chart of 2 MiB makes.
constexpr std::size_t largest_plan = std::size_t{16} << 20U;

base::Result<void> check_agreed(const Run& run, const model::Plan& plan) {
    const auto& file = run.request().plan_file;
    if (file.empty()) {
        return {};
    }
    TRY_ASSIGN(const auto agreed, sys::read_file(file, largest_plan));
    auto moved = plan::moved_since(agreed, plan);
    if (!moved) {
        return std::unexpected(base::in_context(std::move(moved).error(), "reading the plan " + file));
    }
    if (moved->empty()) {
        run.tools().progress.line("it is what was agreed to in " + file);
        return {};
    }
    return base::fail(base::ErrorCode::refused,
                      "the plan in " + file + " does not hold any more: " + base::join(*moved, "; "),
                      "plan again, look at what it says now, and agree to that");
}

// Those that only warn, at once; the others are the error.
void tell(const Run& run, const model::Plan& plan) {
    for (const auto& finding : plan.findings) {
        if (finding.severity == model::PlanFinding::Severity::warning) {
            const auto place =
                finding.file.empty() ? std::string() : finding.file + ":" + std::to_string(finding.line) + ": ";
            const auto text =
                place + finding.message + " (" + finding.rule + (finding.allowed ? ", allowed" : "") + ")";
            if (run.request().only_plans()) {
                run.tools().progress.warning(text);  // the summary has a table of them
            } else {
                const auto& told = run.record().warnings;
                if (std::ranges::find(told, text) == told.end()) {
                    run.warn(text);  // a plan may be made twice
                }
            }
        }
    }
    for (const auto& note : plan.notes) {
        run.tools().progress.line(note);
    }
}

base::Result<std::optional<kube::Lease>> read_lease(const Run& run) {
    return run.tools().kube.lease(run.namespace_name(), own_name(run.request().release), run.scope());
}

}  // namespace

base::Result<std::string> lock_holder(const Run& run) {
    TRY_ASSIGN(const auto lease, read_lease(run));
    return lease ? base::printable(lease->holder) : std::string();
}

base::Result<std::string> live_lock_holder(const Run& run) {
    TRY_ASSIGN(const auto lease, read_lease(run));
    const bool is_live = lease && (!lease->renewed || run.tools().clock.wall() < *lease->renewed + lease->duration);
    return is_live ? base::printable(lease->holder) : std::string();
}

base::Result<Planned> plan_deployment(const Run& run, const Preflight& found, const std::string& chart) {
    PhaseScope phase(run, "plan");
    run.tools().progress.line("planning: helm renders the chart, the API server says what it would make of it");
    TRY_ASSIGN(const auto facts, gather_facts(run, found, chart));
    TRY_ASSIGN(auto made, plan::make(facts));
    const auto& plan = run.record().plan.emplace(std::move(made));
    tell(run, plan);
    if (plan.blocked()) {
        return std::unexpected(plan::refusal_of(plan));
    }
    TRY(check_agreed(run, plan));
    if (!facts.is_orchestrated && run.request().rollout == model::Rollout::orchestrated) {
        run.tools().progress.line(
            "the chart has no value updateStrategy.type: Kubernetes replaces the members by itself");
    }
    phase.complete();
    std::set<std::string> hook_jobs;
    for (const auto& hook : facts.hooks) {
        if (hook.object.kind == "Job") {
            hook_jobs.insert(hook.object.name);
        }
    }
    return Planned{
        .sets_strategy = facts.sets_strategy,
        .takes_fields = std::ranges::any_of(facts.objects, [](const auto& one) { return !one.taken.empty(); }),
        .hook_jobs = std::move(hook_jobs)};
}

}  // namespace operate
