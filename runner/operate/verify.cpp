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

bool has(const model::Labels& labels, const std::string& key, const std::string& value) {
    const auto found = labels.find(key);
    return found != labels.end() && found->second == value;
}

// By helm's own annotation; else by the labels that charts agree upon, for what was not
// deployed by helm (kubectl apply, Argo CD).
base::Result<const model::StatefulSet*> find_set(const Run& run, const Found& found) {
    const auto& release = run.request().release;
    if (auto set = etcd_set(found.view, release); set || !release_sets(found.view, release).empty()) {
        if (!set) {
            set.error().code = base::ErrorCode::not_found;
        }
        return set;
    }
    for (const auto& [name, set] : found.view.stateful_sets()) {
        if (has(set.meta.labels, "app.kubernetes.io/instance", release) &&
            (has(set.meta.labels, "app.kubernetes.io/name", "etcd") ||
             has(set.meta.labels, "app.kubernetes.io/component", "etcd"))) {
            return &set;
        }
    }
    return base::fail(base::ErrorCode::not_found,
                      (found.release ? "release " + release + " has no StatefulSet in namespace "
                                     : "there is no release " + release + " in namespace ") +
                          run.namespace_name() +
                          ", and no StatefulSet of etcd labelled app.kubernetes.io/instance=" + release,
                      "correct release and namespace (helm list --all-namespaces shows what there is), or install it");
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
    TRY_ASSIGN(const auto* set, find_set(run, found));
    run.record().stateful_set = set->meta.name;
    run.tools().progress.line("Kubernetes " + run.record().kubernetes_version + ", StatefulSet " + set->meta.name +
                              " in namespace " + run.namespace_name() + ": asking its members");
    PhaseScope phase(run, "etcd health");
    TRY_ASSIGN(auto examiner, Examiner::open(run, *set));
    examine_once(run, examiner, found.view, *set);
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
