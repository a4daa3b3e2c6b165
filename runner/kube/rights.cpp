// What the kubeconfig's user may do, by the API server's own account.
#include <algorithm>
#include <future>

#include "base/text.hpp"
#include "kube/client.hpp"
#include "kube/json.hpp"
#include "kube/transport.hpp"

namespace kube {
namespace {

constexpr std::chrono::seconds call_limit{10};

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

json::Value question_about(const std::string& namespace_name, const Right& right, const std::string& verb) {
    const auto slash = right.resource.find('/');
    json::Value attributes{{"namespace", namespace_name},
                           {"verb", verb},
                           {"group", right.group},
                           {"resource", right.resource.substr(0, slash)}};
    if (slash != std::string::npos) {
        attributes["subresource"] = right.resource.substr(slash + 1);
    }
    return {{"apiVersion", "authorization.k8s.io/v1"},
            {"kind", "SelfSubjectAccessReview"},
            {"spec", {{"resourceAttributes", std::move(attributes)}}}};
}

}  // namespace

std::optional<Right> denied_right(std::string_view message, const std::string& namespace_name) {
    // The text between the two, which follow each other; the message goes on behind them.
    const auto take = [&message](std::string_view before, std::string_view after) -> std::optional<std::string> {
        const auto begin = message.find(before);
        const auto end = begin == std::string_view::npos ? begin : message.find(after, begin + before.size());
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        auto text = std::string(message.substr(begin + before.size(), end - begin - before.size()));
        message.remove_prefix(end);
        return text;
    };
    auto verb = take(" cannot ", " resource \"");
    auto resource = verb ? take(" resource \"", "\"") : std::nullopt;
    auto group = resource ? take(" in API group \"", "\"") : std::nullopt;
    if (!group || !message.contains(" in the namespace \"" + namespace_name + "\"") || verb->contains(' ') ||
        resource->empty()) {
        return std::nullopt;
    }
    return Right{.group = std::move(*group), .resource = std::move(*resource), .verbs = {std::move(*verb)}};
}

void add_right(std::vector<Right>& rights, const Right& right) {
    auto known = std::ranges::find_if(
        rights, [&](const Right& one) { return one.group == right.group && one.resource == right.resource; });
    if (known == rights.end()) {
        known = rights.insert(known, {.group = right.group, .resource = right.resource, .verbs = {}});
    }
    for (const auto& verb : right.verbs) {
        if (std::ranges::find(known->verbs, verb) == known->verbs.end()) {
            known->verbs.push_back(verb);
        }
    }
}

base::Result<std::vector<Right>> Client::asked_one_by_one(const std::string& namespace_name,
                                                          const std::vector<Right>& needed, const Scope& scope) const {
    std::vector<std::future<std::vector<std::string>>> answers;  // the verbs that are denied
    for (const auto& right : needed) {
        answers.push_back(std::async(std::launch::async, [this, &namespace_name, &right, &scope] {
            std::vector<std::string> denied;
            for (const auto& verb : right.verbs) {
                const auto request =
                    with_body(request_to(connection_, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
                              "application/json", question_about(namespace_name, right, verb).dump());
                const auto response = ask(http_, clock_, request, "asking for the user's rights", scope);
                const auto is_denied =
                    response ? json::guarded("the answer",
                                             [&] {
                                                 const auto parsed = json::parse(response->body);
                                                 return !json::boolean(json::object(parsed, "status"), "allowed");
                                             })
                             : base::Result<bool>(false);  // cannot tell: the work itself will show
                if (is_denied.value_or(false)) {
                    denied.push_back(verb);
                }
            }
            return denied;
        }));
    }
    std::vector<Right> missing;
    for (std::size_t i = 0; i < needed.size(); ++i) {
        if (auto verbs = answers[i].get(); !verbs.empty()) {
            missing.push_back({.group = needed[i].group, .resource = needed[i].resource, .verbs = std::move(verbs)});
        }
    }
    return missing;
}

base::Result<std::vector<Right>> Client::missing_rights(const std::string& namespace_name,
                                                        const std::vector<Right>& needed, const Scope& scope) const {
    auto request = request_to(connection_, "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews");
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = json::Value{{"apiVersion", "authorization.k8s.io/v1"},
                               {"kind", "SelfSubjectRulesReview"},
                               {"spec", {{"namespace", namespace_name}}}}
                       .dump();
    // It is a question, although it is a POST: it may be asked twice.
    const auto response = ask(http_, clock_, request, "asking for the user's rights",
                              {scope.stop, std::min(scope.deadline, clock_.now() + call_limit)});
    if (!response) {
        const auto& error = response.error();
        if (error.code == base::ErrorCode::cancelled || error.code == base::ErrorCode::unauthorized) {
            return std::unexpected(error);
        }
        return std::vector<Right>();  // cannot tell: the work itself will show
    }
    bool is_whole = false;
    TRY_ASSIGN(auto missing, json::guarded("what the API server says of the user's rights", [&] {
                   const auto parsed = json::parse(response->body);
                   const auto& status = json::object(parsed, "status");
                   is_whole = !json::boolean(status, "incomplete");
                   return not_granted(needed, json::array(status, "resourceRules"));
               }));
    // Webhooks cannot list what they would allow; asked about one thing they answer.
    return is_whole || missing.empty()
               ? std::move(missing)
               : asked_one_by_one(namespace_name, missing,
                                  {scope.stop, std::min(scope.deadline, clock_.now() + call_limit)});
}

}  // namespace kube
