#include "kube/client.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "kube/decode.hpp"
#include "kube/json.hpp"
#include "kube/transport.hpp"

namespace kube {
namespace {

using base::ErrorCode;

constexpr std::chrono::seconds call_limit{30};
constexpr std::chrono::seconds first_call_limit{10};
constexpr int page_size = 500;

bool is_success(int status) {
    return status >= 200 && status < 300;
}

// Asks again after passing trouble, until the scope's deadline.
base::Result<sys::HttpResponse> get(sys::Http& http, sys::Clock& clock, const sys::HttpRequest& request,
                                    const std::string& what, const Scope& scope) {
    Backoff backoff;
    for (;;) {
        const auto limit = std::min(scope.deadline, clock.now() + call_limit);
        auto response = http.send(request, scope.stop, limit);
        if (response && is_success(response->status)) {
            return response;
        }
        const bool may_pass =
            response ? is_passing(response->status)
                     : response.error().code == ErrorCode::unreachable || response.error().code == ErrorCode::timed_out;
        auto error = response ? to_error(*response, what) : base::in_context(std::move(response).error(), what);
        const auto again = clock.now() + backoff.next();
        if (!may_pass || again >= scope.deadline || clock.sleep_until(again, scope.stop)) {
            return std::unexpected(std::move(error));
        }
    }
}

std::string release_selector(const std::string& release) {
    return percent_encoded("owner=helm,name=" + release);
}

base::Result<std::vector<ReleaseSecret>> decode_release_secrets(std::string_view body) {
    return json::guarded("the list of helm's Secrets", [&] {
        std::vector<ReleaseSecret> secrets;
        const auto parsed = json::parse(body);
        for (const auto& item : json::array(parsed, "items")) {
            const auto& metadata = json::object(item, "metadata");
            const auto& labels = json::object(metadata, "labels");
            ReleaseSecret secret{.name = json::required_text(metadata, "name"), .status = json::text(labels, "status")};
            const std::string version = json::text(labels, "version");
            std::from_chars(version.data(), version.data() + version.size(), secret.revision);
            secrets.push_back(std::move(secret));
        }
        std::ranges::sort(secrets, {}, &ReleaseSecret::revision);
        return secrets;
    });
}

}  // namespace

Client::Client(sys::Http& http, sys::Clock& clock, Connection connection)
    : http_(http), clock_(clock), connection_(std::move(connection)) {}

base::Result<std::string> Client::server_version(const Scope& scope) const {
    const std::string what = "asking the API server " + connection_.server;
    const auto request = request_to(connection_, "GET", "/version");
    // Not repeated: an address that is wrong must be told in seconds.
    auto response = http_.send(request, scope.stop, std::min(scope.deadline, clock_.now() + first_call_limit));
    if (!response) {
        auto error = base::in_context(std::move(response).error(), what);
        if (error.code == ErrorCode::timed_out) {
            error.code = ErrorCode::unreachable;
        }
        if (error.code == ErrorCode::unreachable && error.hint.empty()) {
            error.hint = "check the address in the kubeconfig, and that this machine may reach it (firewall, VPN)";
        }
        return std::unexpected(std::move(error));
    }
    if (!is_success(response->status)) {
        return std::unexpected(to_error(*response, what));
    }
    return json::guarded("the API server's version", [&] {
        return base::printable(json::required_text(json::parse(response->body), "gitVersion"));
    });
}

base::Result<bool> Client::namespace_exists(const std::string& name, const Scope& scope) const {
    const auto request = request_to(connection_, "GET", "/api/v1/namespaces/" + percent_encoded(name));
    auto response = get(http_, clock_, request, "looking for namespace " + name, scope);
    if (response || response.error().code == ErrorCode::forbidden) {
        return true;
    }
    if (response.error().code == ErrorCode::not_found) {
        return false;
    }
    return std::unexpected(std::move(response).error());
}

base::Result<List> Client::list(Kind kind, const std::string& namespace_name, const std::string& label_selector,
                                const Scope& scope) const {
    const std::string path = collection_path(kind, namespace_name);
    List whole;
    for (;;) {
        std::string query = "?limit=" + std::to_string(page_size);
        if (!label_selector.empty()) {
            query += "&labelSelector=" + percent_encoded(label_selector);
        }
        if (!whole.continue_token.empty()) {
            query += "&continue=" + percent_encoded(whole.continue_token);
        }
        TRY_ASSIGN(const auto response,
                   get(http_, clock_, request_to(connection_, "GET", path + query), "listing " + path, scope));
        TRY_ASSIGN(auto page, decode_list(kind, response.body));
        std::ranges::move(page.items, std::back_inserter(whole.items));
        whole.resource_version = page.resource_version;
        whole.continue_token = page.continue_token;
        if (whole.continue_token.empty()) {
            return whole;
        }
    }
}

base::Result<model::StatefulSet> Client::stateful_set(const std::string& namespace_name, const std::string& name,
                                                      const Scope& scope) const {
    const std::string path = collection_path(Kind::stateful_set, namespace_name) + "/" + percent_encoded(name);
    TRY_ASSIGN(const auto response,
               get(http_, clock_, request_to(connection_, "GET", path), "reading StatefulSet " + name, scope));
    return decode_stateful_set(response.body);
}

base::Result<std::vector<ReleaseSecret>> Client::release_secrets(const std::string& namespace_name,
                                                                 const std::string& release, const Scope& scope) const {
    auto request = request_to(connection_, "GET",
                              "/api/v1/namespaces/" + percent_encoded(namespace_name) +
                                  "/secrets?labelSelector=" + release_selector(release));
    request.headers.front().second =
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
    TRY_ASSIGN(const auto response, get(http_, clock_, request, "listing helm's releases", scope));
    return decode_release_secrets(response.body);
}

base::Result<std::string> Client::release_payload(const std::string& namespace_name, const std::string& secret,
                                                  const Scope& scope) const {
    const auto request =
        request_to(connection_, "GET",
                   "/api/v1/namespaces/" + percent_encoded(namespace_name) + "/secrets/" + percent_encoded(secret));
    TRY_ASSIGN(const auto response, get(http_, clock_, request, "reading Secret " + secret, scope));
    TRY_ASSIGN(const auto encoded, json::guarded("helm's Secret", [&] {
                   const auto parsed = json::parse(response.body);
                   return json::required_text(json::object(parsed, "data"), "release");
               }));
    return base::base64_decode(encoded);
}

base::Result<void> Client::delete_claim(const std::string& namespace_name, const std::string& name,
                                        const std::string& uid, const Scope& scope) const {
    auto request =
        request_to(connection_, "DELETE",
                   collection_path(Kind::persistent_volume_claim, namespace_name) + "/" + percent_encoded(name));
    request.headers.emplace_back("Content-Type", "application/json");
    request.body =
        json::Value{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"preconditions", {{"uid", uid}}}}.dump();
    // With the UID as precondition asking twice is safe.
    auto response = get(http_, clock_, request, "deleting volume claim " + name, scope);
    if (response || response.error().code == ErrorCode::not_found || response.error().code == ErrorCode::conflict) {
        return {};
    }
    return std::unexpected(std::move(response).error());
}

base::Result<std::string> Client::logs(const std::string& namespace_name, const std::string& pod,
                                       const std::string& container, int lines, bool previous,
                                       const Scope& scope) const {
    const auto request =
        request_to(connection_, "GET",
                   collection_path(Kind::pod, namespace_name) + "/" + percent_encoded(pod) +
                       "/log?container=" + percent_encoded(container) + "&tailLines=" + std::to_string(lines) +
                       "&limitBytes=65536" + (previous ? "&previous=true" : ""));
    auto response = http_.send(request, scope.stop, scope.deadline);
    if (!response) {
        return std::unexpected(std::move(response).error());
    }
    if (!is_success(response->status)) {
        return std::unexpected(to_error(*response, "reading the log of " + pod));
    }
    return base::printable(response->body);
}

base::Result<sys::HttpResponse> Client::pod_post(const std::string& namespace_name, const std::string& pod, int port,
                                                 const std::string& path, const std::string& json,
                                                 const Scope& scope) const {
    auto request = request_to(connection_, "POST",
                              collection_path(Kind::pod, namespace_name) + "/http:" + percent_encoded(pod) + ":" +
                                  std::to_string(port) + "/proxy" + path);
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = json;
    request.body_limit = std::size_t{4} << 20U;
    TRY_ASSIGN(auto response, http_.send(request, scope.stop, scope.deadline));
    // A Status object comes from the API server, not from etcd.
    const bool is_servers_own = !is_success(response.status) && !decode_status(response.body).reason.empty();
    if (is_servers_own) {
        return std::unexpected(to_error(response, "asking pod " + pod + " through the API server"));
    }
    return response;
}

}  // namespace kube
