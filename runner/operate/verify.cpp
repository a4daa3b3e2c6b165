#include "operate/verify.hpp"

#include <future>
#include <utility>

#include "operate/check_etcd.hpp"
#include "operate/release.hpp"
#include "operate/rights.hpp"

namespace operate {
namespace {

struct Found {
    std::optional<helm::Release> release;
    rollout::View view;
    std::vector<std::string> notes;
};

auto at_once(auto question) {
    return std::async(std::launch::async, std::move(question));
}

base::Result<Found> read_cluster(const Run& run) {
    const auto& kube = run.tools().kube;
    const auto list = [&](model::Kind kind) {
        return at_once([&run, &kube, kind] { return kube.list(kind, run.namespace_name(), "", run.scope()); });
    };
    auto rights = at_once([&run] { return check_rights(run); });
    auto place = at_once([&run, &kube] { return kube.namespace_state(run.namespace_name(), run.scope()); });
    auto release = at_once([&run] { return read_release(run, run.scope()); });
    auto sets = list(model::Kind::stateful_set);
    auto pods = list(model::Kind::pod);
    auto claims = list(model::Kind::persistent_volume_claim);

    Found found;
    TRY_ASSIGN(const auto state, place.get());
    if (state == kube::NamespaceState::absent) {
        return base::fail(base::ErrorCode::not_found, "namespace " + run.namespace_name() + " does not exist",
                          "correct the input namespace, or the kubeconfig's context");
    }
    TRY(rights.get());
    TRY_ASSIGN(const auto listed_sets, sets.get());
    TRY_ASSIGN(const auto listed_pods, pods.get());
    found.view.replace_all(model::Kind::stateful_set, listed_sets.items);
    found.view.replace_all(model::Kind::pod, listed_pods.items);
    if (const auto listed = claims.get()) {
        found.view.replace_all(model::Kind::persistent_volume_claim, listed->items);
    } else {
        found.notes.push_back("the volume claims: " + listed.error().text());
    }
    if (auto read = release.get()) {
        found.release = std::move(*read);
    } else {
        found.notes.push_back("helm's release: " + read.error().text());
    }
    return found;
}

base::Result<Found> look(const Run& run) {
    PhaseScope phase(run, "check");
    run.tools().progress.line("asking " + run.tools().kube.connection().server);
    // Alone, since its errors explain a server that cannot be reached.
    TRY_ASSIGN(run.record().kubernetes_version, run.tools().kube.server_version(run.scope()));
    TRY_ASSIGN(auto found, read_cluster(run));
    if (found.release) {
        run.record().after = found.release->revision;
    }
    phase.complete();
    return found;
}

}  // namespace

base::Result<void> verify(const Run& run) {
    TRY_ASSIGN(const auto found, look(run));
    TRY_ASSIGN(const auto* set, find_etcd_set(found.view, run.request().release, run.namespace_name()));
    run.record().stateful_set = set->meta.name;
    run.tools().progress.line("Kubernetes " + run.record().kubernetes_version + ", StatefulSet " + set->meta.name +
                              " in namespace " + run.namespace_name() + ": asking its members");
    PhaseScope phase(run, "etcd health");
    TRY_ASSIGN(auto examiner, Examiner::open(run, *set));
    TRY(examine_once(run, examiner, found.view, *set));
    if (run.stop().stop_requested()) {
        return std::unexpected(run.interrupted(base::ErrorCode::etcd_unhealthy, "asking etcd"));
    }
    auto& health = *run.record().health;
    health.notes.insert(health.notes.end(), found.notes.begin(), found.notes.end());
    if (!health.healthy()) {
        return std::unexpected(unhealthy(health));
    }
    tell_healthy(run, health);
    phase.complete();
    return {};
}

}  // namespace operate
