#include "operate/rights.hpp"

#include <algorithm>
#include <tuple>

#include "base/text.hpp"
#include "operate/etcd_members.hpp"

namespace operate {
namespace {

const kube::Right lock_right{"coordination.k8s.io", "leases", {"get", "create", "update", "delete"}};

std::vector<kube::Right> needed_by(const model::Request& request) {
    if (request.action == model::Action::uninstall) {
        std::vector<kube::Right> rights{{"", "secrets", {"get", "list", "update", "delete"}},
                                        {"", "configmaps", {"delete"}},
                                        lock_right,
                                        {"apps", "statefulsets", {"get", "list", "watch", "delete"}},
                                        {"", "pods", {"list", "watch"}}};
        if (request.delete_data) {
            rights.push_back({"", "persistentvolumeclaims", {"list", "watch", "delete"}});
        }
        return rights;
    }
    if (request.action == model::Action::verify || request.action == model::Action::connect) {
        std::vector<kube::Right> rights{{"apps", "statefulsets", {"list"}}, {"", "pods", {"list"}}};
        if (!reached_directly(request)) {
            rights.push_back({"", "pods/portforward", {"get", "create"}});
        }
        return rights;
    }
    std::vector<kube::Right> rights{{"", "secrets", {"get", "list", "create", "update"}},
                                    {"", "configmaps", {"get", "create", "patch"}},
                                    lock_right,
                                    {"apps", "statefulsets", {"get", "list", "watch", "create", "patch"}},
                                    {"", "services", {"get", "create", "patch"}},
                                    {"", "pods", {"list", "watch"}}};
    if (request.leftover_data == model::LeftoverData::remove) {
        rights.push_back({"", "persistentvolumeclaims", {"list", "watch", "delete"}});
    }
    if (request.rollout == model::Rollout::orchestrated) {
        rights.push_back({"", "pods/eviction", {"create"}});
        rights.push_back({"", "pods", {"delete"}});
    }
    if (!reached_directly(request)) {
        rights.push_back({"", "pods/portforward", {"get", "create"}});
    }
    return rights;
}

std::string as_text(const std::vector<kube::Right>& rights) {
    std::vector<std::string> parts;
    for (const auto& right : rights) {
        parts.push_back(base::join(right.verbs, ", ") + " " + right.resource +
                        (right.group.empty() ? "" : "." + right.group));
    }
    return base::join(parts, "; ");
}

std::string listed(const std::vector<std::string>& words) {
    return "[\"" + base::join(words, "\", \"") + "\"]";
}

// Of the charts' other objects; helm needs them as well.
const std::vector<kube::Right> chart_rights{
    {"", "serviceaccounts", {"get", "create", "patch", "delete"}},
    {"", "services", {"delete"}},
    {"", "configmaps", {"delete"}},
    {"", "secrets", {"patch", "delete"}},
    {"apps", "statefulsets", {"delete"}},
    {"apps", "controllerrevisions", {"list"}},
    {"policy", "poddisruptionbudgets", {"get", "list", "create", "patch", "delete"}},
    {"networking.k8s.io", "networkpolicies", {"get", "create", "patch", "delete"}},
    {"batch", "jobs", {"get", "list", "watch", "create", "patch", "delete"}},
    {"", "events", {"list", "watch"}},
    {"", "persistentvolumeclaims", {"get", "list", "watch"}},
    {"", "pods", {"get", "create"}},
    {"", "pods/log", {"get"}},
    {"", "resourcequotas", {"list"}},
};

}  // namespace

base::Result<std::vector<kube::Right>> missing_rights(const Run& run) {
    return run.tools().kube.missing_rights(run.namespace_name(), needed_by(run.request()), run.scope());
}

std::string role_for(const model::Request& request, const std::vector<kube::Right>& others) {
    std::vector<kube::Right> rights;
    for (const auto& some : {needed_by(request), chart_rights, others}) {
        for (const auto& right : some) {
            kube::add_right(rights, right);
        }
    }
    std::ranges::sort(rights, {}, [](const kube::Right& right) { return std::tie(right.group, right.resource); });
    std::string yaml =
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: etcd-deploy\n  namespace: " +
        request.namespace_name + "\nrules:\n";
    for (const auto& right : rights) {
        yaml += "  - apiGroups: [\"" + right.group + "\"]\n    resources: [\"" + right.resource +
                "\"]\n    verbs: " + listed(right.verbs) + "\n";
    }
    return yaml;
}

base::Result<void> check_rights(const Run& run) {
    TRY_ASSIGN(const auto missing, missing_rights(run));
    if (missing.empty()) {
        return {};
    }
    return base::fail(
        base::ErrorCode::forbidden,
        "the kubeconfig's user lacks rights in namespace " + run.namespace_name() + ": " + as_text(missing),
        "grant them to the user (the ClusterRole \"edit\", bound in this namespace, has them all; docs/rights.md has "
        "the smallest Role)");
}

}  // namespace operate
