#include "operate/preflight.hpp"

#include <future>

#include "operate/release.hpp"
#include "operate/rights.hpp"

namespace operate {
namespace {

base::Result<Preflight> read_cluster(const Run& run) {
    Preflight found;
    TRY_ASSIGN(run.record().kubernetes_version, run.tools().kube.server_version(run.scope()));
    TRY_ASSIGN(const auto state, run.tools().kube.namespace_state(run.namespace_name(), run.scope()));
    found.namespace_exists = state != kube::NamespaceState::absent;
    const bool uninstalls = run.request().action == model::Action::uninstall;
    if (state == kube::NamespaceState::being_deleted && !uninstalls) {
        return base::fail(base::ErrorCode::refused, "namespace " + run.namespace_name() + " is being deleted",
                          "wait until it is gone, or use another namespace");
    }
    if (found.namespace_exists) {
        if (run.request().only_plans()) {
            TRY_ASSIGN(found.missing_rights, missing_rights(run));
        } else {
            TRY(check_rights(run));
        }
        auto release = read_release(run, run.scope());
        found.may_look = release || release.error().code != base::ErrorCode::forbidden || found.missing_rights.empty();
        if (found.may_look) {
            TRY_ASSIGN(found.release, std::move(release));
        }
    }
    return found;
}

}  // namespace

base::Result<Preflight> preflight(const Run& run) {
    PhaseScope phase(run, "check");
    run.tools().progress.line("asking " + run.tools().kube.connection().server + " and helm");
    // Starting helm takes longer than all questions to the API server: ask at once.
    auto helm_version =
        std::async(std::launch::async, [&run] { return run.tools().helm.version({run.stop(), run.deadline()}); });
    auto cluster = read_cluster(run);
    auto version = helm_version.get();
    if (!cluster) {
        return std::unexpected(std::move(cluster).error());
    }
    TRY_ASSIGN(run.record().helm_version, std::move(version));
    if (cluster->release) {
        run.record().before = cluster->release->revision;
    }
    run.tools().progress.line(
        "Kubernetes " + run.record().kubernetes_version + ", helm " + run.record().helm_version + ", release " +
        run.request().release +
        (cluster->release
             ? " at revision " + std::to_string(cluster->release->revision.revision) + " (" +
                   cluster->release->revision.status + ")"
             : std::string(" does not exist") + (run.request().action == model::Action::uninstall ? "" : " yet")) +
        " in namespace " + run.namespace_name());
    phase.complete();
    return cluster;
}

}  // namespace operate
