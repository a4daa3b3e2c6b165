#include "operate/rollback.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include "etcd/settings.hpp"
#include "operate/apply_release.hpp"
#include "operate/check_etcd.hpp"
#include "operate/follow_release.hpp"
#include "operate/journal.hpp"
#include "operate/member_changes.hpp"
#include "operate/release.hpp"
#include "operate/roll_members.hpp"
#include "operate/rolling_plan.hpp"
#include "rollout/revision.hpp"
#include "rollout/rollback_target.hpp"

namespace operate {
namespace {

// etcd as far as it answers now: a part of it is down, most likely.
void learn_of_etcd(const Run& run, const rollout::View& view, const model::StatefulSet& set,
                   rollout::RollbackFacts& facts) {
    auto examiner = Examiner::open(run, set);
    if (!examiner) {
        return;
    }
    const auto health = examiner->examine(view, set);
    if (!health) {
        return;
    }
    facts.cluster_id = health->cluster_id;
    for (const auto& member : health->members) {
        if (member.status) {
            facts.versions.push_back(member.status->version);
        }
    }
}

// What the members of the failed revision say without being asked.
void learn_of_new_members(const rollout::View& view, const model::StatefulSet& set, rollout::RollbackFacts& facts) {
    const auto settings = etcd::read_settings(set.pod_template, "StatefulSet " + set.meta.name);
    for (const auto* pod : view.pods_of(set.meta.uid)) {
        if (rollout::is_outdated(*pod, set)) {
            continue;
        }
        for (const auto& container : pod->containers) {
            if (!settings || container.name != settings->container) {
                continue;
            }
            facts.new_has_run = facts.new_has_run || container.running || container.restart_count > 0 ||
                                container.terminated || container.last_terminated;
            // "quay.io/coreos/etcd:v3.7.3", with a digest or without
            const auto image = container.image.substr(0, container.image.find('@'));
            const auto colon = image.rfind(':');
            if (colon != std::string::npos && image.find('/', colon) == std::string::npos) {
                facts.new_version = image.substr(colon + 1);
            }
        }
    }
}

// Whether the revision that was verified is the one that helm has by this number: a release that was
// uninstalled and installed anew begins to count from one again.
base::Result<bool> is_still_the_same(const Run& run, const model::VerifiedRevision& verified,
                                     const std::vector<kube::ReleaseSecret>& secrets) {
    const auto secret = std::ranges::find(secrets, verified.revision, &kube::ReleaseSecret::revision);
    if (secret == secrets.end()) {
        return false;
    }
    TRY_ASSIGN(const auto payload, run.tools().kube.release_payload(run.namespace_name(), secret->name, run.scope()));
    TRY_ASSIGN(const auto release, helm::decode_release(payload));
    return helm::values_hash(release.values) == verified.values_hash;
}

base::Result<rollout::RollbackTarget> choose(const Run& run, const Observer& observer, const model::Journal& journal) {
    rollout::RollbackFacts facts{.verified = journal.verified,
                                 .kept = {},
                                 .failed_revision = run.record().after->revision,
                                 .members = 0,
                                 .on_delete = false,
                                 .cluster_id = 0,
                                 .versions = {},
                                 .new_has_run = false,
                                 .new_version = {}};
    TRY_ASSIGN(const auto secrets,
               run.tools().kube.release_secrets(run.namespace_name(), run.request().release, run.scope()));
    // The newest that could be the target is the only one that matters: helm's record of it is read, and no other's.
    for (const auto& verified : journal.verified | std::views::reverse) {
        if (verified.revision >= facts.failed_revision) {
            continue;
        }
        TRY_ASSIGN(const bool is_same, is_still_the_same(run, verified, secrets));
        if (is_same) {
            facts.kept = {verified.revision};
            break;
        }
    }
    TRY_ASSIGN(const auto* set, etcd_set(observer.view(), run.request().release));
    facts.members = set->replicas;
    facts.on_delete = set->on_delete;
    learn_of_new_members(observer.view(), *set, facts);
    learn_of_etcd(run, observer.view(), *set, facts);
    return rollout::rollback_target(facts);
}

base::Result<void> go_back(const Run& run, Observer& observer, const rollout::RollbackTarget& target,
                           model::Journal& journal, const std::optional<helm::Release>& before,
                           AvailabilityProbe& probe) {
    PhaseScope phase(run, "rollback");
    run.tools().progress.line("going back to revision " + std::to_string(target.revision) +
                              ", the last that was verified");
    rollout::Judge judge(run.request().graces, baseline_of(run, observer));
    TRY_ASSIGN(const auto* failed, etcd_set(observer.view(), run.request().release));
    const auto verified = std::ranges::find(journal.verified, target.revision, &model::VerifiedRevision::revision);
    if (!failed->on_delete && verified != journal.verified.end() && verified->on_delete) {
        TRY(MemberChanges(run).drop_rolling_update(*failed));
    }
    const auto pods_before = uids_of_pods(run, observer.view());
    helm::RollbackOptions options{
        .release = run.request().release,
        .revision = target.revision,
        .timeout = run.request().timeout,
        .history_max = helm::revisions_to_keep(run.record().after->revision, target.revision)};
    const auto by_helm = [&] {
        return change_by_helm(run, observer, judge,
                              "helm rollback " + options.release + " " + std::to_string(target.revision),
                              [&](const helm::OnLine& on_line, const helm::Scope& scope) {
                                  return run.tools().helm.rollback(options, on_line, scope);
                              });
    };
    auto went = by_helm();
    if (!went && helm::is_conflict(went.error())) {
        run.warn("somebody else has set fields that the rollback sets otherwise; they are taken back: " +
                 went.error().message);
        options.conflicts = helm::Conflicts::taken_back;
        went = by_helm();
    }
    TRY(std::move(went));
    TRY(read_sets_again(run, observer));
    TRY_ASSIGN(const auto* former, etcd_set(observer.view(), run.request().release));
    const RollingPlan plan{.is_orchestrated = former->on_delete, .frees_stuck = !former->on_delete};
    auto rolled = roll_members(run, observer, judge, plan, probe);
    record_pods(run, observer.view(), pods_before);
    // The summary tells what is different now, not what was tried.
    auto release = record_changes(run, before, run.closing_scope());
    TRY(std::move(rolled));
    TRY_ASSIGN(const auto* set, etcd_set(observer.view(), run.request().release));
    TRY(check_etcd(run, observer.view(), *set));
    TRY(probe.finish());
    if (!release) {
        return std::unexpected(std::move(release).error());
    }
    note_verified(run, journal, *set, helm::values_hash(release->values));
    phase.complete();
    return {};
}

base::Result<void> try_to(const Run& run, model::Journal& journal, const std::optional<helm::Release>& before,
                          AvailabilityProbe& probe) {
    auto& rollback = *run.record().rollback;
    Observer observer(run);
    TRY(observer.wait_until_synced());
    probe.look(observer.view());  // not before: to a view that is not whole members would be missing
    observer.on_change([&probe](const rollout::View& view) { probe.look(view); });
    TRY_ASSIGN(const auto target, choose(run, observer, journal));
    if (target.revision == 0) {
        rollback.why_not = target.why_not;
        rollback.way_out = target.way_out;
        return {};
    }
    rollback.revision = target.revision;
    TRY(go_back(run, observer, target, journal, before, probe));
    rollback.healthy = true;
    return {};
}

}  // namespace

bool wants_rollback(const Run& run, const base::Error& error) {
    using base::ErrorCode;
    constexpr std::array taken_back{ErrorCode::helm_failed, ErrorCode::rollout_failed, ErrorCode::rollout_timed_out,
                                    ErrorCode::etcd_unhealthy};
    const auto& record = run.record();
    return run.request().on_failure == model::OnFailure::rollback && record.touched && record.before && record.after &&
           record.after->revision > record.before->revision && !run.stop().stop_requested() &&
           std::ranges::find(taken_back, error.code) != taken_back.end();
}

void roll_back(const Run& run, model::Journal& journal, const std::optional<helm::Release>& before,
               AvailabilityProbe& probe) {
    run.record().rollback.emplace();
    // The time of the run may be up: that may be why it failed.
    const auto longer = run.with_time_again();
    // What it failed of stays: going back has a cause and a health of its own only when it fails.
    auto cause = run.record().cause;
    auto done = try_to(longer, journal, before, probe);
    auto& rollback = *run.record().rollback;
    if (!done) {
        rollback.why_not = done.error().text();
        rollback.way_out = done.error().hint;
        run.tools().progress.warning("the rollback failed: " + rollback.why_not);
    } else if (rollback.healthy) {
        run.tools().progress.line("rolled back to revision " + std::to_string(rollback.revision) + ", healthy");
    } else {
        run.tools().progress.line("not rolled back: " + rollback.why_not);
    }
    run.record().cause = std::move(cause);
}

}  // namespace operate
