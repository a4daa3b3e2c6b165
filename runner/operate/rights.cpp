#include "operate/rights.hpp"

#include "base/text.hpp"
#include "operate/etcd_members.hpp"

namespace operate {
namespace {

std::vector<kube::Right> needed_by(const model::Request& request) {
    if (request.action == model::Action::uninstall) {
        std::vector<kube::Right> rights{{"", "secrets", {"get", "list", "update", "delete"}},
                                        {"apps", "statefulsets", {"get", "list", "watch", "delete"}},
                                        {"", "pods", {"list", "watch"}}};
        if (request.delete_data) {
            rights.push_back({"", "persistentvolumeclaims", {"list", "watch", "delete"}});
        }
        return rights;
    }
    if (request.action == model::Action::connect) {
        std::vector<kube::Right> rights{{"apps", "statefulsets", {"list"}}, {"", "pods", {"list"}}};
        if (!reached_directly(request)) {
            rights.push_back({"", "pods/portforward", {"get", "create"}});
        }
        return rights;
    }
    std::vector<kube::Right> rights{{"", "secrets", {"get", "list", "create", "update"}},
                                    {"apps", "statefulsets", {"get", "list", "watch", "create", "patch"}},
                                    {"", "services", {"get", "create", "patch"}},
                                    {"", "pods", {"list", "watch"}}};
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

}  // namespace

base::Result<void> check_rights(const Run& run) {
    TRY_ASSIGN(const auto missing,
               run.tools().kube.missing_rights(run.namespace_name(), needed_by(run.request()), run.scope()));
    if (missing.empty()) {
        return {};
    }
    return base::fail(
        base::ErrorCode::forbidden,
        "the kubeconfig's user lacks rights in namespace " + run.namespace_name() + ": " + as_text(missing),
        "grant them to the user (the ClusterRole \"edit\", bound in this namespace, has them all)");
}

}  // namespace operate
