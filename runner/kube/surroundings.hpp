// Collections that are looked at as they are, once: for a diagnosis, and as its evidence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "kube/client.hpp"
#include "model/surroundings.hpp"

namespace kube {

struct Collection {
    std::string_view path;      // "/apis/apps/v1"
    std::string_view resource;  // "statefulsets"
    bool namespaced = true;
};

inline constexpr Collection stateful_sets{.path = "/apis/apps/v1", .resource = "statefulsets"};
inline constexpr Collection pods{.path = "/api/v1", .resource = "pods"};
inline constexpr Collection claims{.path = "/api/v1", .resource = "persistentvolumeclaims"};
inline constexpr Collection jobs{.path = "/apis/batch/v1", .resource = "jobs"};
inline constexpr Collection events{.path = "/api/v1", .resource = "events"};
inline constexpr Collection services{.path = "/api/v1", .resource = "services"};
inline constexpr Collection endpoint_slices{.path = "/apis/discovery.k8s.io/v1", .resource = "endpointslices"};
inline constexpr Collection storage_classes{
    .path = "/apis/storage.k8s.io/v1", .resource = "storageclasses", .namespaced = false};
inline constexpr Collection nodes{.path = "/api/v1", .resource = "nodes", .namespaced = false};
inline constexpr Collection resource_quotas{.path = "/api/v1", .resource = "resourcequotas"};
inline constexpr Collection controller_revisions{.path = "/apis/apps/v1", .resource = "controllerrevisions"};
inline constexpr Collection persistent_volumes{.path = "/api/v1", .resource = "persistentvolumes", .namespaced = false};

// List answers -> structs. Hostile until parsed, as in kube/decode.hpp.
[[nodiscard]] base::Result<std::vector<model::StorageClass>> decode_storage_classes(std::string_view json);
[[nodiscard]] base::Result<std::vector<model::PersistentVolume>> decode_persistent_volumes(std::string_view json);
[[nodiscard]] base::Result<std::vector<model::Node>> decode_nodes(std::string_view json);
[[nodiscard]] base::Result<std::vector<model::ResourceQuota>> decode_resource_quotas(std::string_view json);
[[nodiscard]] base::Result<std::vector<model::TemplateRevision>> decode_template_revisions(std::string_view json);
[[nodiscard]] base::Result<std::vector<model::Service>> decode_services(std::string_view json);
[[nodiscard]] base::Result<std::vector<model::EndpointSlice>> decode_endpoint_slices(std::string_view json);
// Of metadata alone: the newest revision of each release.
[[nodiscard]] base::Result<std::vector<model::ReleaseState>> decode_releases(std::string_view json);

// A list answer as it may be kept in a file: readable JSON without managedFields, without
// what kubectl wrote of it into an annotation, and without the values of variables and
// arguments that are named like secrets.
struct Keepable {
    std::string json;
    std::vector<std::string> secrets;  // what was taken out: to be masked elsewhere, too
};
[[nodiscard]] base::Result<Keepable> keepable(std::string_view list_json);

}  // namespace kube
