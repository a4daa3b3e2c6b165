#include "operate/uninstall.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kube/manifest.hpp"
#include "operate/apply_release.hpp"
#include "operate/await_rollout.hpp"
#include "operate/follow_release.hpp"
#include "operate/journal.hpp"
#include "operate/lock.hpp"
#include "operate/preflight.hpp"
#include "operate/release.hpp"
#include "operate/rights.hpp"
#include "operate/take_evidence.hpp"
#include "operate/trials.hpp"
#include "operate/volumes.hpp"
#include "plan/removal.hpp"

namespace operate {
namespace {

base::Result<void> remove_by_helm(const Run& run, Observer& observer) {
    PhaseScope phase(run, "helm");
    rollout::Judge judge(run.request().graces, baseline_of(run, observer));
    TRY(change_by_helm(run, observer, judge, "helm uninstall " + run.request().release,
                       [&](const helm::OnLine& on_line, const helm::Scope& scope) {
                           return run.tools().helm.uninstall(run.request().release, run.request().timeout, on_line,
                                                             scope);
                       }));
    phase.complete();
    return {};
}

// Until the members are gone, too.
base::Result<void> remove_release(const Run& run, Observer& observer) {
    std::vector<std::string> owners;
    for (const auto* set : release_sets(observer.view(), run.request().release)) {
        owners.push_back(set->meta.uid);
    }
    TRY(remove_by_helm(run, observer));
    rollout::Judge judge(run.request().graces, {});
    return await_departure(run, observer, judge, owners);
}

// What the runner itself has made for the release goes with it.
void forget_release(const Run& run) {
    const auto name = own_name(run.request().release);
    if (auto gone = run.tools().kube.delete_note(run.namespace_name(), name, run.closing_scope()); !gone) {
        run.warn("ConfigMap " + name + " could not be deleted: " + gone.error().text());
    }
}

// What goes, and what stays and how that would be removed.
base::Result<model::Plan> plan_removal(const Run& run, const std::optional<helm::Release>& release,
                                       const Claims& claims) {
    plan::Removal removal{.release = run.request().release,
                          .namespace_name = run.namespace_name(),
                          .own_name = own_name(run.request().release),
                          .objects = {},
                          .hooks = {},
                          .claims = claims,
                          .data = run.request().delete_data ? plan::Data::deleted : plan::Data::kept};
    const auto objects = kube::read_manifest(release ? release->manifest : std::string());
    for (const auto& object : objects.value_or(std::vector<kube::ManifestObject>())) {
        removal.objects.push_back({.object = {.kind = object.kind, .name = object.name}, .manifest = object.json});
    }
    auto hooks = release ? read_objects(run, release->hooks) : Trials();
    if (hooks) {
        removal.hooks = std::move(hooks->objects);
    }
    TRY_ASSIGN(auto plan, plan::plan_removal(removal));
    if (!hooks) {
        plan.notes.push_back("whether hooks have left something is not known: " + hooks.error().message);
    }
    for (const auto& hook : removal.hooks) {
        if (hook.is_unknown) {
            plan.notes.push_back("whether " + hook.object.kind + " " + hook.object.name +
                                 " of a hook is there is not known: it could not be read");
        }
    }
    if (!objects) {  // helm knows how to remove it all the same
        plan.notes.push_back("what goes is not known: " + objects.error().message);
    }
    return plan;
}

base::Result<void> uninstall_here(const Run& run, std::optional<helm::Release> release, Evidence& evidence) {
    std::unique_ptr<Lock> lock;
    if (!run.request().only_plans()) {
        TRY_ASSIGN(lock, Lock::take(run));
        if (lock->waited()) {
            TRY_ASSIGN(release, read_release(run, run.scope()));
        }
    }
    Observer observer(run);
    TRY(observer.wait_until_synced());
    const Claims claims = claims_of_release(run, observer);
    run.record().kept_volumes = as_volumes(claims);
    TRY_ASSIGN(run.record().plan, plan_removal(run, release, claims));
    if (run.request().only_plans()) {
        return {};
    }

    if (release) {
        if (auto removed = remove_release(run, observer); !removed) {
            take_evidence(run, observer, evidence, removed.error());
            return removed;
        }
    } else {
        run.tools().progress.line("there is no release " + run.request().release + " in namespace " +
                                  run.namespace_name() + ": nothing to uninstall");
    }
    if (run.request().delete_data && !claims.empty()) {
        TRY(delete_volumes(run, observer, claims));
        run.record().kept_volumes.clear();
    }
    if (run.record().kept_volumes.empty()) {
        forget_release(run);
    } else {
        TRY_ASSIGN(const auto journal, read_journal(run));
        note_left_data(run, journal);
    }
    const bool did_something = release || !run.record().deleted_volumes.empty();
    run.record().outcome = did_something ? model::Outcome::done : model::Outcome::nothing_to_do;
    return {};
}

}  // namespace

base::Result<void> uninstall(const Run& run, Evidence& evidence) {
    TRY_ASSIGN(auto found, preflight(run));
    if (!found.namespace_exists) {
        run.tools().progress.line("there is no namespace " + run.namespace_name() + ": nothing to uninstall");
        run.record().outcome = model::Outcome::nothing_to_do;
        return {};
    }
    if (!found.may_look) {
        TRY(check_rights(run));  // names all that is missing
    }
    return uninstall_here(run, std::move(found.release), evidence);
}

}  // namespace operate
