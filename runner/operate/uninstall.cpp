#include "operate/uninstall.hpp"

#include <vector>

#include "operate/await_rollout.hpp"
#include "operate/helm_call.hpp"
#include "operate/preflight.hpp"
#include "operate/release.hpp"

namespace operate {
namespace {

using Claims = std::vector<model::PersistentVolumeClaim>;

Claims claims_now(const Run& run, const Observer& observer) {
    Claims claims;
    for (const auto* claim : release_claims(observer.view(), run.request().release)) {
        claims.push_back(*claim);
    }
    return claims;
}

std::vector<model::Volume> as_volumes(const Claims& claims) {
    std::vector<model::Volume> volumes;
    for (const auto& claim : claims) {
        volumes.push_back({claim.meta.name, claim.capacity, claim.storage_class});
    }
    return volumes;
}

base::Result<void> remove_release(const Run& run, Observer& observer) {
    PhaseScope phase(run, "helm");
    auto& progress = run.tools().progress;
    progress.begin_output_of("helm uninstall " + run.request().release);
    run.record().touched = true;
    HelmCall call(run, observer, [&](const helm::OnLine& on_line, const helm::Scope& scope) {
        return run.tools().helm.uninstall(run.request().release, run.request().timeout, on_line, scope);
    });
    base::Result<void> result = base::fail(base::ErrorCode::cancelled, "cancelled");
    for (bool ended = false; !ended;) {
        auto step = observer.next(run.deadline());
        if (!step) {
            result = std::unexpected(std::move(step).error());
            break;
        }
        for (const auto& line : step->helm_line) {
            progress.output_line(line.text);
        }
        for (auto& end : step->helm_ended) {
            result = std::move(end.result);
            ended = true;
        }
        if (!ended && (run.stop().stop_requested() || run.tools().clock.now() >= run.deadline())) {
            result = std::unexpected(run.interrupted(base::ErrorCode::rollout_timed_out, "helm was at work"));
            break;
        }
    }
    call.end();
    progress.end_output();
    TRY(std::move(result));
    phase.complete();
    return {};
}

base::Result<void> delete_volumes(const Run& run, Observer& observer, const Claims& claims) {
    std::vector<std::string> uids;
    for (const auto& claim : claims) {
        run.tools().progress.line("deleting volume claim " + claim.meta.name);
        run.record().touched = true;
        TRY(run.tools().kube.delete_claim(run.namespace_name(), claim.meta.name, claim.meta.uid, run.scope()));
        uids.push_back(claim.meta.uid);
    }
    return await_claims_gone(run, observer, uids);
}

}  // namespace

base::Result<void> uninstall(const Run& run) {
    TRY_ASSIGN(const auto found, preflight(run));
    Observer observer(run);
    TRY(observer.wait_until_synced());
    const Claims claims = claims_now(run, observer);
    run.record().kept_volumes = as_volumes(claims);

    if (found.release) {
        std::vector<std::string> owners;
        for (const auto* set : release_sets(observer.view(), run.request().release)) {
            owners.push_back(set->meta.uid);
        }
        rollout::Judge judge({}, {});
        TRY(remove_release(run, observer));
        TRY(await_departure(run, observer, judge, owners));
    } else {
        run.tools().progress.line("there is no release " + run.request().release + " in namespace " +
                                  run.namespace_name() + ": nothing to uninstall");
    }
    if (run.request().delete_data && !claims.empty()) {
        TRY(delete_volumes(run, observer, claims));
        run.record().deleted_volumes = std::move(run.record().kept_volumes);
        run.record().kept_volumes.clear();
    }
    const bool did_something = found.release || !run.record().deleted_volumes.empty();
    run.record().outcome = did_something ? model::Outcome::done : model::Outcome::nothing_to_do;
    return {};
}

}  // namespace operate
