#include "kube/dry_run.hpp"

#include <utility>

#include "base/text.hpp"
#include "kube/client.hpp"
#include "kube/json.hpp"
#include "kube/transport.hpp"

namespace kube {
namespace {

using base::ErrorCode;

// Helm's field manager: what it owns may be changed, what others own is a conflict.
// https://github.com/helm/helm/blob/main/pkg/kube/client.go (ManagedFieldsManager)
constexpr const char* helms_manager = "helm";
constexpr std::size_t longest_path = 300;

std::string group_path(const std::string& api_version) {
    const auto slash = api_version.find('/');
    return slash == std::string::npos ? "/api/" + percent_encoded(api_version)
                                      : "/apis/" + percent_encoded(api_version.substr(0, slash)) + "/" +
                                            percent_encoded(api_version.substr(slash + 1));
}

// "conflict with "kubectl-edit" using apps/v1": the name between the quotes.
std::string manager_in(const std::string& message) {
    const auto begin = message.find('"');
    const auto end = message.find('"', begin == std::string::npos ? begin : begin + 1);
    return begin == std::string::npos || end == std::string::npos ? message
                                                                  : message.substr(begin + 1, end - begin - 1);
}

// Of a Status: https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
base::Result<std::vector<TakenField>> taken_fields(std::string_view body) {
    return json::guarded("a conflict", [&] {
        std::vector<TakenField> fields;
        const auto status = json::parse(body);
        for (const auto& cause : json::array(json::object(status, "details"), "causes")) {
            if (json::text(cause, "reason") == "FieldManagerConflict") {
                fields.push_back({.path = base::shorten(base::printable(json::text(cause, "field")), longest_path),
                                  .manager = base::shorten(base::printable(manager_in(json::text(cause, "message"))),
                                                           longest_path)});
            }
        }
        return fields;
    });
}

}  // namespace

std::string resource_path(const std::string& api_version, const ApiResource& resource,
                          const std::string& namespace_name, const std::string& name) {
    return group_path(api_version) + (resource.is_namespaced ? "/namespaces/" + percent_encoded(namespace_name) : "") +
           "/" + percent_encoded(resource.plural) + (name.empty() ? "" : "/" + percent_encoded(name));
}

base::Result<std::vector<ApiResource>> Client::resources(const std::string& api_version, const Scope& scope) const {
    TRY_ASSIGN(const auto answer, ask(http_, clock_, request_to(connection_, "GET", group_path(api_version)),
                                      "asking for the kinds of " + api_version, scope));
    return json::guarded("the kinds of " + api_version, [&] {
        std::vector<ApiResource> resources;
        const auto list = json::parse(answer.body);
        for (const auto& resource : json::array(list, "resources")) {
            auto plural = json::required_text(resource, "name");
            if (!plural.contains('/')) {  // "statefulsets/status" is a part of one
                resources.push_back({.kind = json::required_text(resource, "kind"),
                                     .plural = std::move(plural),
                                     .is_namespaced = json::boolean(resource, "namespaced")});
            }
        }
        return resources;
    });
}

base::Result<std::optional<std::string>> Client::object(const std::string& path, const Scope& scope) const {
    auto answer = ask(http_, clock_, request_to(connection_, "GET", path), "reading " + path, scope);
    if (answer) {
        return std::move(answer->body);
    }
    if (answer.error().code == ErrorCode::not_found) {
        return std::nullopt;
    }
    return std::unexpected(std::move(answer).error());
}

namespace {

// The text of each: RFC 7234 has them as `299 - "text"`, with quotes within escaped.
std::vector<std::string> warnings_in(const sys::HttpResponse& answer) {
    std::vector<std::string> warnings;
    const auto header = answer.headers.find("warning");
    if (header == answer.headers.end()) {
        return warnings;
    }
    for (const auto& line : base::nonempty_lines(header->second)) {
        const auto begin = line.find('"');
        const auto end = line.rfind('"');
        if (begin != std::string::npos && end > begin) {
            warnings.push_back(
                base::shorten(base::printable(base::replace_all(line.substr(begin + 1, end - begin - 1), "\\\"", "\"")),
                              longest_path));
        }
    }
    return warnings;
}

// What does not fit the type of its field is answered with 500, and will be the next time, too.
bool is_type_error(const sys::HttpResponse& answer) {
    return answer.status == 500 && answer.body.contains("failed to create typed patch object");
}

// A webhook that does not answer is the cluster's state, not a moment's trouble, when it lasts.
constexpr std::chrono::seconds patience_with_webhooks{5};

bool is_webhook_error(const sys::HttpResponse& answer) {
    return answer.status == 500 && answer.body.contains("failed calling webhook");
}

base::Result<DryRun> try_it(sys::Http& http, sys::Clock& clock, const sys::HttpRequest& request,
                            const std::string& what, const Scope& scope) {
    const auto counts = [&clock, until = clock.now() + patience_with_webhooks](const sys::HttpResponse& one) {
        return !is_passing(one.status) || is_type_error(one) || (is_webhook_error(one) && clock.now() >= until);
    };
    TRY_ASSIGN(const auto answer, ask_until(http, clock, request, what, scope, counts));
    if (is_success(answer.status)) {
        return DryRun{.applied = answer.body, .taken = {}, .refused = {}, .warnings = warnings_in(answer)};
    }
    if (answer.status == 409) {
        TRY_ASSIGN(auto taken, taken_fields(answer.body));
        if (!taken.empty()) {
            return DryRun{.applied = {}, .taken = std::move(taken), .refused = {}, .warnings = {}};
        }
    }
    auto error = to_error(answer, what);
    if (error.code == ErrorCode::unauthorized) {
        return std::unexpected(std::move(error));
    }
    if (is_type_error(answer) || is_webhook_error(answer)) {
        error.hint.clear();  // nothing is wrong with the API server
    }
    return DryRun{.applied = {}, .taken = {}, .refused = std::move(error), .warnings = {}};
}

}  // namespace

base::Result<DryRun> Client::try_apply(const std::string& path, const std::string& yaml, TakeFields take,
                                       const Scope& scope) const {
    const std::string query = std::string("?dryRun=All&fieldManager=") + helms_manager +
                              "&force=" + (take == TakeFields::yes ? "true" : "false");
    return try_it(http_, clock_,
                  with_body(request_to(connection_, "PATCH", path + query), "application/apply-patch+yaml", yaml),
                  "trying to apply " + path, scope);
}

base::Result<DryRun> Client::try_create(const std::string& path, const std::string& json, const Scope& scope) const {
    return try_it(http_, clock_,
                  with_body(request_to(connection_, "POST", path + "?dryRun=All"), "application/json", json),
                  "trying to make one of " + path, scope);
}

}  // namespace kube
