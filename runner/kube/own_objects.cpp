#include "kube/own_objects.hpp"

#include "base/text.hpp"
#include "kube/client.hpp"
#include "kube/json.hpp"
#include "kube/transport.hpp"
#include "model/timestamp.hpp"

namespace kube {
namespace {

using base::ErrorCode;

constexpr const char* manager = "fieldManager=etcd-deploy";

std::string leases(const std::string& namespace_name) {
    return "/apis/coordination.k8s.io/v1/namespaces/" + percent_encoded(namespace_name) + "/leases";
}

std::string config_maps(const std::string& namespace_name) {
    return "/api/v1/namespaces/" + percent_encoded(namespace_name) + "/configmaps";
}

base::Result<Lease> decode_lease(std::string_view body) {
    return json::guarded("the Lease", [&] {
        const auto parsed = json::parse(body);
        const auto& metadata = json::object(parsed, "metadata");
        const auto& spec = json::object(parsed, "spec");
        Lease lease{.name = json::required_text(metadata, "name"),
                    .uid = json::required_text(metadata, "uid"),
                    .resource_version = json::required_text(metadata, "resourceVersion"),
                    .labels = json::texts(metadata, "labels"),
                    .annotations = json::texts(metadata, "annotations"),
                    .holder = json::text(spec, "holderIdentity"),
                    .duration = std::chrono::seconds(json::integer(spec, "leaseDurationSeconds")),
                    .transitions = json::integer(spec, "leaseTransitions"),
                    .acquired = model::parse_timestamp(json::text(spec, "acquireTime")),
                    .renewed = model::parse_timestamp(json::text(spec, "renewTime"))};
        return lease;
    });
}

std::string encode(const Lease& lease) {
    json::Value body{{"apiVersion", "coordination.k8s.io/v1"},
                     {"kind", "Lease"},
                     {"metadata", {{"name", lease.name}, {"labels", lease.labels}, {"annotations", lease.annotations}}},
                     {"spec",
                      {{"holderIdentity", lease.holder},
                       {"leaseDurationSeconds", lease.duration.count()},
                       {"leaseTransitions", lease.transitions}}}};
    if (!lease.resource_version.empty()) {
        body["metadata"]["resourceVersion"] = lease.resource_version;
    }
    if (lease.acquired) {
        body["spec"]["acquireTime"] = model::precise_utc_text(*lease.acquired);
    }
    if (lease.renewed) {
        body["spec"]["renewTime"] = model::precise_utc_text(*lease.renewed);
    }
    return body.dump();
}

}  // namespace

base::Result<void> Client::create_namespace(const std::string& name, const Scope& scope) const {
    const json::Value body{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}};
    const auto request = with_body(request_to(connection_, "POST", std::string("/api/v1/namespaces?") + manager),
                                   "application/json", body.dump());
    auto response = ask(http_, clock_, request, "creating namespace " + name, scope);
    if (response || response.error().code == ErrorCode::conflict) {
        return {};  // somebody else may have been faster
    }
    return std::unexpected(std::move(response).error());
}

base::Result<std::optional<Lease>> Client::lease(const std::string& namespace_name, const std::string& name,
                                                 const Scope& scope) const {
    const auto request = request_to(connection_, "GET", leases(namespace_name) + "/" + percent_encoded(name));
    auto response = ask(http_, clock_, request, "reading Lease " + name, scope);
    if (!response) {
        if (response.error().code == ErrorCode::not_found) {
            return std::nullopt;
        }
        return std::unexpected(std::move(response).error());
    }
    TRY_ASSIGN(auto lease, decode_lease(response->body));
    return std::optional(std::move(lease));
}

base::Result<Lease> Client::write_lease(const std::string& namespace_name, const Lease& lease,
                                        const Scope& scope) const {
    const bool is_new = lease.resource_version.empty();
    const auto path = leases(namespace_name) + (is_new ? "" : "/" + percent_encoded(lease.name)) + "?" + manager;
    const auto request =
        with_body(request_to(connection_, is_new ? "POST" : "PUT", path), "application/json", encode(lease));
    TRY_ASSIGN(const auto response, ask_once(http_, request, "writing Lease " + lease.name, scope));
    return decode_lease(response.body);
}

base::Result<void> Client::delete_lease(const std::string& namespace_name, const Lease& lease,
                                        const Scope& scope) const {
    const auto request =
        with_body(request_to(connection_, "DELETE", leases(namespace_name) + "/" + percent_encoded(lease.name)),
                  "application/json", delete_options(lease.uid, lease.resource_version).dump());
    auto response = ask(http_, clock_, request, "deleting Lease " + lease.name, scope);
    if (response || response.error().code == ErrorCode::not_found) {
        return {};
    }
    return std::unexpected(std::move(response).error());
}

base::Result<std::optional<std::string>> Client::note(const std::string& namespace_name, const std::string& name,
                                                      const std::string& key, const Scope& scope) const {
    const auto request = request_to(connection_, "GET", config_maps(namespace_name) + "/" + percent_encoded(name));
    auto response = ask(http_, clock_, request, "reading ConfigMap " + name, scope);
    if (!response) {
        if (response.error().code == ErrorCode::not_found) {
            return std::nullopt;
        }
        return std::unexpected(std::move(response).error());
    }
    return json::guarded("ConfigMap " + name, [&] {
        const auto parsed = json::parse(response->body);
        return std::optional(json::text(json::object(parsed, "data"), key.c_str()));
    });
}

base::Result<void> Client::write_note(const std::string& namespace_name, const Note& note, const Scope& scope) const {
    const json::Value body{{"apiVersion", "v1"},
                           {"kind", "ConfigMap"},
                           {"metadata", {{"name", note.name}, {"labels", note.labels}}},
                           {"data", {{note.key, note.text}}}};
    // Server-side apply: creates or replaces, and may be asked twice. JSON is YAML, too.
    const auto request = with_body(
        request_to(connection_, "PATCH",
                   config_maps(namespace_name) + "/" + percent_encoded(note.name) + "?" + manager + "&force=true"),
        "application/apply-patch+yaml", body.dump());
    TRY(ask(http_, clock_, request, "writing ConfigMap " + note.name, scope));
    return {};
}

base::Result<void> Client::delete_note(const std::string& namespace_name, const std::string& name,
                                       const Scope& scope) const {
    const auto request = request_to(connection_, "DELETE", config_maps(namespace_name) + "/" + percent_encoded(name));
    auto response = ask(http_, clock_, request, "deleting ConfigMap " + name, scope);
    if (response || response.error().code == ErrorCode::not_found) {
        return {};
    }
    return std::unexpected(std::move(response).error());
}

}  // namespace kube
