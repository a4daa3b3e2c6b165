// What the kubeconfig's user may do, by the API server's own account.
#include <algorithm>

#include "base/text.hpp"
#include "kube/client.hpp"
#include "kube/json.hpp"
#include "kube/transport.hpp"

namespace kube {
namespace {

constexpr std::chrono::seconds call_limit{10};
constexpr int created = 201;

bool holds(const json::Value& list, const std::string& wanted) {
    return std::ranges::any_of(list, [&](const auto& item) { return item == wanted || item == "*"; });
}

// "pods/proxy" is also granted by "*/proxy".
bool holds_resource(const json::Value& list, const std::string& wanted) {
    const auto slash = wanted.find('/');
    return holds(list, wanted) || (slash != std::string::npos && holds(list, "*" + wanted.substr(slash)));
}

bool grants(const json::Value& rule, const Right& right, const std::string& verb) {
    return json::array(rule, "resourceNames").empty() && holds(json::array(rule, "apiGroups"), right.group) &&
           holds_resource(json::array(rule, "resources"), right.resource) && holds(json::array(rule, "verbs"), verb);
}

std::vector<Right> not_granted(const std::vector<Right>& needed, const json::Value& rules) {
    std::vector<Right> missing;
    for (const auto& right : needed) {
        Right rest{.group = right.group, .resource = right.resource, .verbs = {}};
        std::ranges::copy_if(right.verbs, std::back_inserter(rest.verbs), [&](const auto& verb) {
            return std::ranges::none_of(rules, [&](const auto& rule) { return grants(rule, right, verb); });
        });
        if (!rest.verbs.empty()) {
            missing.push_back(std::move(rest));
        }
    }
    return missing;
}

}  // namespace

base::Result<std::vector<Right>> Client::missing_rights(const std::string& namespace_name,
                                                        const std::vector<Right>& needed, const Scope& scope) const {
    auto request = request_to(connection_, "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews");
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = json::Value{{"apiVersion", "authorization.k8s.io/v1"},
                               {"kind", "SelfSubjectRulesReview"},
                               {"spec", {{"namespace", namespace_name}}}}
                       .dump();
    TRY_ASSIGN(const auto response,
               http_.send(request, scope.stop, std::min(scope.deadline, clock_.now() + call_limit)));
    if (response.status != created) {
        return std::vector<Right>();  // cannot tell: the work itself will show
    }
    return json::guarded("what the API server says of the user's rights", [&] {
        const auto parsed = json::parse(response.body);
        const auto& status = json::object(parsed, "status");
        // Webhooks cannot list what they would allow.
        return json::boolean(status, "incomplete") ? std::vector<Right>()
                                                   : not_granted(needed, json::array(status, "resourceRules"));
    });
}

}  // namespace kube
