#include "operate/release.hpp"

#include <algorithm>

#include "etcd/settings.hpp"

namespace operate {
namespace {

bool has(const model::Labels& labels, const std::string& key, const std::string& value) {
    const auto found = labels.find(key);
    return found != labels.end() && found->second == value;
}

bool is_etcd(const model::StatefulSet* set) {
    return has(set->meta.labels, "app.kubernetes.io/name", "etcd") ||
           has(set->meta.labels, "app.kubernetes.io/component", "etcd");
}

}  // namespace

base::Result<std::optional<helm::Release>> read_release(const Run& run, const kube::Scope& scope) {
    const auto& kube = run.tools().kube;
    const auto reading = [&](base::Error error) {
        return std::unexpected(base::in_context(std::move(error), "reading release " + run.request().release));
    };
    auto secrets = kube.release_secrets(run.namespace_name(), run.request().release, scope);
    if (!secrets) {
        return reading(std::move(secrets).error());
    }
    // A release that was uninstalled with --keep-history is no release any more.
    if (secrets->empty() || secrets->back().status == "uninstalled") {
        return std::nullopt;
    }
    auto payload = kube.release_payload(run.namespace_name(), secrets->back().name, scope);
    if (!payload) {
        return reading(std::move(payload).error());
    }
    auto release = helm::decode_release(*payload);
    if (!release) {
        return reading(std::move(release).error());
    }
    return std::optional(std::move(*release));
}

bool is_pending(const std::optional<helm::Release>& release) {
    return release && release->revision.status.starts_with("pending-");
}

std::vector<const model::StatefulSet*> release_sets(const rollout::View& view, const std::string& release) {
    std::vector<const model::StatefulSet*> sets;
    for (const auto& [name, set] : view.stateful_sets()) {
        if (has(set.meta.annotations, "meta.helm.sh/release-name", release)) {
            sets.push_back(&set);
        }
    }
    return sets;
}

base::Result<const model::StatefulSet*> etcd_set(const rollout::View& view, const std::string& release) {
    auto sets = release_sets(view, release);
    if (sets.size() > 1) {
        // By their labels; where none says so, by what they run.
        const bool is_labelled = std::ranges::any_of(sets, is_etcd);
        std::erase_if(sets, [&](const auto* set) {
            return is_labelled ? !is_etcd(set) : !etcd::read_settings(set->pod_template, set->meta.name).has_value();
        });
    }
    if (sets.size() == 1) {
        return sets.front();
    }
    return base::fail(base::ErrorCode::rollout_failed,
                      sets.empty() ? "release " + release + " has no StatefulSet that could be etcd"
                                   : "release " + release + " has several StatefulSets that could be etcd",
                      "use a chart that runs etcd in one StatefulSet labelled app.kubernetes.io/name=etcd");
}

base::Result<const model::StatefulSet*> find_etcd_set(const rollout::View& view, const std::string& release,
                                                      const std::string& namespace_name) {
    if (!release_sets(view, release).empty()) {
        auto set = etcd_set(view, release);
        if (!set) {
            set.error().code = base::ErrorCode::not_found;
            set.error().message += ", in namespace " + namespace_name;
        }
        return set;
    }
    for (const auto& [name, set] : view.stateful_sets()) {
        if (has(set.meta.labels, "app.kubernetes.io/instance", release) && is_etcd(&set)) {
            return &set;
        }
    }
    return base::fail(base::ErrorCode::not_found,
                      "there is no etcd of release " + release + " in namespace " + namespace_name +
                          ": no StatefulSet that helm made for it, and none labelled app.kubernetes.io/instance=" +
                          release + " and app.kubernetes.io/name=etcd (or component=etcd)",
                      "correct release and namespace (helm list --all-namespaces shows what there is), or install it");
}

std::vector<const model::PersistentVolumeClaim*> release_claims(const rollout::View& view, const std::string& release) {
    const auto sets = release_sets(view, release);
    const auto belongs_to_a_set = [&](const model::PersistentVolumeClaim& claim) {
        return std::ranges::any_of(sets, [&](const auto* set) {
            return std::ranges::any_of(set->claim_templates, [&](const auto& claim_template) {
                const std::string prefix = claim_template + "-" + set->meta.name + "-";
                return claim.meta.name.starts_with(prefix) &&
                       claim.meta.name == prefix + std::to_string(rollout::ordinal(claim.meta.name));
            });
        });
    };
    std::vector<const model::PersistentVolumeClaim*> claims;
    for (const auto& [name, claim] : view.claims()) {
        const bool left_over =
            has(claim.meta.labels, "app.kubernetes.io/instance", release) && rollout::ordinal(name) >= 0;
        if (left_over || belongs_to_a_set(claim)) {
            claims.push_back(&claim);
        }
    }
    return claims;
}

}  // namespace operate
