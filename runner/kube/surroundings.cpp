#include "kube/surroundings.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "kube/json.hpp"
#include "kube/transport.hpp"

namespace kube {
namespace {

constexpr int page_size = 500;
constexpr std::size_t most_pages = 20;  // ten thousand objects: nobody's etcd is among more
constexpr const char* default_class = "storageclass.kubernetes.io/is-default-class";

template <typename Item>
base::Result<std::vector<Item>> each_item(std::string_view text, const std::string& what,
                                          Item (*decode)(const json::Value&)) {
    return json::guarded("the list of " + what, [&] {
        std::vector<Item> items;
        const auto parsed = json::parse(text);
        for (const auto& item : json::array(parsed, "items")) {
            items.push_back(decode(item));
        }
        return items;
    });
}

std::string name_of(const json::Value& object) {
    return json::required_text(json::object(object, "metadata"), "name");
}

model::StorageClass storage_class_of(const json::Value& object) {
    const auto& annotations = json::object(json::object(object, "metadata"), "annotations");
    return {.name = name_of(object),
            .provisioner = json::text(object, "provisioner"),
            .is_default = json::text(annotations, default_class) == "true",
            .waits_for_consumer = json::text(object, "volumeBindingMode") == "WaitForFirstConsumer",
            .expands = json::boolean(object, "allowVolumeExpansion")};
}

model::Node node_of(const json::Value& object) {
    const auto& spec = json::object(object, "spec");
    const auto& allocatable = json::object(json::object(object, "status"), "allocatable");
    model::Node node{.name = name_of(object),
                     .is_unschedulable = json::boolean(spec, "unschedulable"),
                     .labels = json::texts(json::object(object, "metadata"), "labels"),
                     .taints = {},
                     .cpu = json::text(allocatable, "cpu"),
                     .memory = json::text(allocatable, "memory")};
    for (const auto& taint : json::array(spec, "taints")) {
        node.taints.push_back({.key = json::text(taint, "key"),
                               .value = json::text(taint, "value"),
                               .effect = json::text(taint, "effect")});
    }
    return node;
}

// The data of one are a patch that would bring the template back.
// https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/statefulset/stateful_set_utils.go (getPatch)
model::TemplateRevision template_revision_of(const json::Value& object) {
    model::TemplateRevision revision{.name = name_of(object), .owner_uid = {}, .pod_template = {}};
    for (const auto& owner : json::array(json::object(object, "metadata"), "ownerReferences")) {
        if (json::boolean(owner, "controller")) {
            revision.owner_uid = json::text(owner, "uid");
        }
    }
    auto pod_template = json::object(json::object(json::object(object, "data"), "spec"), "template");
    if (pod_template.is_object()) {
        pod_template.erase("$patch");
        revision.pod_template = pod_template.dump();
    }
    return revision;
}

model::ResourceQuota resource_quota_of(const json::Value& object) {
    const auto& spec = json::object(object, "spec");
    const auto& status = json::object(object, "status");
    return {.name = name_of(object),
            .hard = json::texts(spec, "hard"),
            .used = json::texts(status, "used"),
            .has_scopes = !json::array(spec, "scopes").empty() || json::object(spec, "scopeSelector").is_object()};
}

model::PersistentVolume persistent_volume_of(const json::Value& object) {
    const auto& status = json::object(object, "status");
    const auto& claim = json::object(json::object(object, "spec"), "claimRef");
    return {.name = name_of(object),
            .phase = json::text(status, "phase"),
            .message = json::text(status, "message"),
            .claim_namespace = json::text(claim, "namespace"),
            .claim = json::text(claim, "name")};
}

model::Service service_of(const json::Value& object) {
    const auto& spec = json::object(object, "spec");
    model::Service service{
        .name = name_of(object), .headless = json::text(spec, "clusterIP") == "None", .selector = {}};
    const auto& selector = json::object(spec, "selector");
    for (auto entry = selector.begin(); entry != selector.end(); ++entry) {
        if (entry->is_string()) {
            service.selector.emplace(entry.key(), entry->get<std::string>());
        }
    }
    return service;
}

// An endpoint that does not say counts as ready.
// https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions
model::EndpointSlice endpoint_slice_of(const json::Value& object) {
    const auto& labels = json::object(json::object(object, "metadata"), "labels");
    model::EndpointSlice slice{
        .name = name_of(object), .service = json::text(labels, "kubernetes.io/service-name"), .ready = 0};
    for (const auto& endpoint : json::array(object, "endpoints")) {
        const auto& ready = json::member(json::object(endpoint, "conditions"), "ready");
        const auto addresses = json::array(endpoint, "addresses").size();
        (ready.is_boolean() && !ready.get<bool>() ? slice.not_ready : slice.ready) += addresses;
    }
    return slice;
}

// helm writes "modifiedAt" in seconds since 1970, once it has changed a revision, and
// "createdAt" when it makes it.
std::optional<model::Timestamp> written_at(const json::Value& labels) {
    for (const char* key : {"modifiedAt", "createdAt"}) {
        const auto text = json::text(labels, key);
        std::uint32_t seconds = 0;  // until 2106
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        if (!text.empty() && error == std::errc{} && end == text.data() + text.size()) {
            return model::Timestamp(std::chrono::seconds(seconds));
        }
    }
    return std::nullopt;
}

model::ReleaseState release_of(const json::Value& object) {
    const auto& metadata = json::object(object, "metadata");
    const auto& labels = json::object(metadata, "labels");
    model::ReleaseState state{.namespace_name = json::text(metadata, "namespace"),
                              .name = json::text(labels, "name"),
                              .revision = 0,
                              .status = json::text(labels, "status"),
                              .modified = written_at(labels)};
    const auto version = json::text(labels, "version");
    std::from_chars(version.data(), version.data() + version.size(), state.revision);
    return state;
}

}  // namespace

base::Result<std::vector<model::StorageClass>> decode_storage_classes(std::string_view text) {
    return each_item<model::StorageClass>(text, "storage classes", storage_class_of);
}

base::Result<std::vector<model::PersistentVolume>> decode_persistent_volumes(std::string_view text) {
    return each_item<model::PersistentVolume>(text, "volumes", persistent_volume_of);
}

base::Result<std::vector<model::Node>> decode_nodes(std::string_view text) {
    return each_item(text, "nodes", node_of);
}

base::Result<std::vector<model::ResourceQuota>> decode_resource_quotas(std::string_view text) {
    return each_item(text, "quotas", resource_quota_of);
}

base::Result<std::vector<model::TemplateRevision>> decode_template_revisions(std::string_view json) {
    return each_item(json, "controller revisions", template_revision_of);
}

base::Result<std::vector<model::Service>> decode_services(std::string_view text) {
    return each_item<model::Service>(text, "Services", service_of);
}

base::Result<std::vector<model::EndpointSlice>> decode_endpoint_slices(std::string_view text) {
    return each_item<model::EndpointSlice>(text, "EndpointSlices", endpoint_slice_of);
}

base::Result<std::vector<model::ReleaseState>> decode_releases(std::string_view text) {
    TRY_ASSIGN(const auto all, each_item<model::ReleaseState>(text, "helm's Secrets", release_of));
    std::map<std::pair<std::string, std::string>, model::ReleaseState> newest;
    for (const auto& state : all) {
        auto& known = newest[{state.namespace_name, state.name}];
        if (known.name.empty() || state.revision > known.revision) {
            known = state;
        }
    }
    std::vector<model::ReleaseState> states;
    for (auto& [name, state] : newest) {
        // One that was uninstalled with --keep-history is no release any more.
        if (!name.second.empty() && state.status != "uninstalled") {
            states.push_back(std::move(state));
        }
    }
    return states;
}

base::Result<std::vector<std::string>> Client::pages(const Collection& collection, const std::string& namespace_name,
                                                     const Scope& scope) const {
    std::string path(collection.path);
    if (collection.namespaced) {
        path += "/namespaces/" + percent_encoded(namespace_name);
    }
    path += "/" + std::string(collection.resource) + "?limit=" + std::to_string(page_size);
    const std::string what = "listing " + std::string(collection.resource);
    std::vector<std::string> all;
    Backoff backoff;
    for (std::string token; all.size() < most_pages;) {
        const auto query = token.empty() ? std::string() : "&continue=" + percent_encoded(token);
        TRY_ASSIGN(auto response, http_.send(request_to(connection_, "GET", path + query), scope.stop, scope.deadline));
        if (is_passing(response.status) && clock_.now() + std::chrono::seconds(1) < scope.deadline) {
            clock_.sleep_until(clock_.now() + std::max(backoff.next(), retry_after(response)), scope.stop);
            continue;
        }
        if (response.status != 200) {
            return std::unexpected(to_error(response, what));
        }
        TRY_ASSIGN(token, json::guarded("a list of the Kubernetes API", [&] {
                       return json::text(json::object(json::parse(response.body), "metadata"), "continue");
                   }));
        all.push_back(std::move(response.body));
        if (token.empty()) {
            break;
        }
    }
    return all;
}

base::Result<std::vector<model::ReleaseState>> Client::releases(const std::string& namespace_name,
                                                                const std::string& release, const Scope& scope) const {
    const std::string selector = "owner=helm" + (release.empty() ? std::string() : ",name=" + release);
    const auto place = namespace_name.empty() ? "/api/v1" : "/api/v1/namespaces/" + percent_encoded(namespace_name);
    const auto request =
        accepting(list_of_metadata_only,
                  request_to(connection_, "GET", place + "/secrets?labelSelector=" + percent_encoded(selector)));
    TRY_ASSIGN(const auto response, http_.send(request, scope.stop, scope.deadline));
    if (response.status != 200) {
        return std::unexpected(to_error(response, "listing helm's releases"));
    }
    return decode_releases(response.body);
}

}  // namespace kube
