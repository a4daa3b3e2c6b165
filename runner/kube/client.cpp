#include "kube/client.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "kube/absence.hpp"
#include "kube/authenticated_http.hpp"
#include "kube/decode.hpp"
#include "kube/json.hpp"
#include "kube/transport.hpp"

namespace kube {
namespace {

using base::ErrorCode;

constexpr std::chrono::seconds first_call_limit{10};
constexpr int page_size = 500;
constexpr int most_listings = 3;

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

Client::Client(sys::Http& http, sys::Clock& clock, Connection connection, CredentialTools tools)
    : clock_(clock),
      connection_(std::move(connection)),
      credentials_(std::make_shared<Credentials>(connection_, clock, std::move(tools))),
      absence_(std::make_shared<Absence>(clock)),
      authenticated_(std::make_unique<AuthenticatedHttp>(http, credentials_, absence_)),
      http_(*authenticated_) {}

base::Result<std::string> Client::server_version(const Scope& scope) const {
    const std::string what = "asking the API server " + connection_.server;
    // A plugin may take longer than the server may.
    if (auto credential = credentials_->current(scope); !credential) {
        return std::unexpected(base::in_context(std::move(credential).error(), "logging in to " + connection_.server));
    }
    const auto request = request_to(connection_, "GET", "/version");
    const Scope first{scope.stop, std::min(scope.deadline, clock_.now() + first_call_limit)};
    // Not repeated without an answer: an address that is wrong must be told in seconds.
    auto response = http_.send(request, first.stop, first.deadline);
    if (response && is_passing(response->status)) {
        clock_.sleep_until(std::min(clock_.now() + retry_after(*response), first.deadline), first.stop);
        TRY_ASSIGN(response, ask(http_, clock_, request, what, first));
    }
    if (!response) {
        auto error = base::in_context(std::move(response).error(), what);
        if (error.code == ErrorCode::timed_out) {
            error.code = ErrorCode::unreachable;
        }
        if (error.code == ErrorCode::unreachable && error.hint.empty()) {
            error.hint = error.message.starts_with("no TLS with")
                             ? "the server's certificate is not what the kubeconfig expects: take the kubeconfig anew, "
                               "or correct its certificate-authority-data and server"
                             : "check the address in the kubeconfig, and that this machine may reach it (firewall, "
                               "VPN)";
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

base::Result<bool> Client::await_server(const Scope& scope) const {
    const auto request = request_to(connection_, "GET", "/version");
    const auto first = http_.send(request, scope.stop, std::min(scope.deadline, clock_.now() + first_call_limit));
    if (first && is_success(first->status)) {
        return false;
    }
    TRY(ask(http_, clock_, request, "waiting for the API server " + connection_.server, scope));
    return true;
}

base::Result<NamespaceState> Client::namespace_state(const std::string& name, const Scope& scope) const {
    const auto request = request_to(connection_, "GET", "/api/v1/namespaces/" + percent_encoded(name));
    auto response = ask(http_, clock_, request, "looking for namespace " + name, scope);
    if (response) {
        return json::guarded("the namespace", [&] {
            const auto parsed = json::parse(response->body);
            return json::text(json::object(parsed, "status"), "phase") == "Terminating" ? NamespaceState::being_deleted
                                                                                        : NamespaceState::there;
        });
    }
    if (response.error().code == ErrorCode::forbidden) {
        return NamespaceState::there;
    }
    if (response.error().code == ErrorCode::not_found) {
        return NamespaceState::absent;
    }
    return std::unexpected(std::move(response).error());
}

base::Result<List> Client::list(Kind kind, const std::string& namespace_name, const std::string& label_selector,
                                const Scope& scope) const {
    const std::string path = collection_path(kind, namespace_name);
    List whole;
    for (int listings = 1;;) {
        std::string query = "?limit=" + std::to_string(page_size);
        if (!label_selector.empty()) {
            query += "&labelSelector=" + percent_encoded(label_selector);
        }
        if (!whole.continue_token.empty()) {
            query += "&continue=" + percent_encoded(whole.continue_token);
        }
        auto response = ask(http_, clock_, request_to(connection_, "GET", path + query), "listing " + path, scope);
        if (!response) {
            // The state that the pages are of has been thrown away: only a new listing is whole.
            const bool has_expired = response.error().code == ErrorCode::gone && !whole.continue_token.empty();
            if (has_expired && listings < most_listings) {
                ++listings;
                whole = {};
                continue;
            }
            return std::unexpected(std::move(response).error());
        }
        TRY_ASSIGN(auto page, decode_list(kind, response->body));
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
               ask(http_, clock_, request_to(connection_, "GET", path), "reading StatefulSet " + name, scope));
    return decode_stateful_set(response.body);
}

base::Result<std::vector<ReleaseSecret>> Client::release_secrets(const std::string& namespace_name,
                                                                 const std::string& release, const Scope& scope) const {
    const auto request =
        accepting(list_of_metadata_only, request_to(connection_, "GET",
                                                    "/api/v1/namespaces/" + percent_encoded(namespace_name) +
                                                        "/secrets?labelSelector=" + release_selector(release)));
    TRY_ASSIGN(const auto response, ask(http_, clock_, request, "listing helm's releases", scope));
    return decode_release_secrets(response.body);
}

base::Result<std::string> Client::release_payload(const std::string& namespace_name, const std::string& secret,
                                                  const Scope& scope) const {
    const auto request =
        request_to(connection_, "GET",
                   "/api/v1/namespaces/" + percent_encoded(namespace_name) + "/secrets/" + percent_encoded(secret));
    TRY_ASSIGN(const auto response, ask(http_, clock_, request, "reading Secret " + secret, scope));
    TRY_ASSIGN(const auto encoded, json::guarded("helm's Secret", [&] {
                   const auto parsed = json::parse(response.body);
                   return json::required_text(json::object(parsed, "data"), "release");
               }));
    return base::base64_decode(encoded);
}

base::Result<std::string> Client::secret_value(const std::string& namespace_name, const std::string& secret,
                                               const std::string& key, const Scope& scope) const {
    const auto request =
        request_to(connection_, "GET",
                   "/api/v1/namespaces/" + percent_encoded(namespace_name) + "/secrets/" + percent_encoded(secret));
    TRY_ASSIGN(const auto response, ask(http_, clock_, request, "reading Secret " + secret, scope));
    TRY_ASSIGN(const auto encoded, json::guarded("Secret " + secret, [&] {
                   const auto parsed = json::parse(response.body);
                   return json::text(json::object(parsed, "data"), key.c_str());
               }));
    if (encoded.empty()) {
        return base::fail(ErrorCode::not_found, "Secret " + secret + " has nothing under " + key,
                          "kubectl describe secret " + secret + " lists its keys");
    }
    return base::base64_decode(encoded);
}

base::Result<void> Client::delete_claim(const std::string& namespace_name, const std::string& name,
                                        const std::string& uid, const Scope& scope) const {
    const auto path = collection_path(Kind::persistent_volume_claim, namespace_name) + "/" + percent_encoded(name);
    const auto request =
        with_body(request_to(connection_, "DELETE", path), "application/json", delete_options(uid).dump());
    // With the UID as precondition asking twice is safe.
    auto response = ask(http_, clock_, request, "deleting volume claim " + name, scope);
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
    TRY_ASSIGN(const auto response, ask_once(http_, request, "reading the log of " + pod, scope));
    // What the kubelet answers, with 200, for a container that it has removed meanwhile.
    const bool is_gone = response.body.starts_with("unable to retrieve container logs for ");
    return is_gone ? std::string() : base::printable(response.body);
}

}  // namespace kube
