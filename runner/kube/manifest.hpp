// A manifest as helm renders it, as the objects that it is made of.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace kube {

struct ManifestObject {
    std::string api_version;  // "apps/v1"
    std::string kind;         // "StatefulSet"
    std::string name;
    std::string namespace_name;   // empty: not told
    std::optional<int> replicas;  // spec.replicas, where it is a number
    std::string yaml;             // this document, as it was
    // The same as JSON, for comparing and showing: scalars that have no quotes in the YAML are texts,
    // too, since nobody but the API server knows what they are meant to be.
    std::string json;
};

// Documents without content are passed over. Hostile until parsed: at most 2 MiB, 1000 objects, nested at most
// 64 deep, no aliases. Errors: helm_failed ("document 3 is no object of Kubernetes: …").
[[nodiscard]] base::Result<std::vector<ManifestObject>> read_manifest(std::string_view manifest);

}  // namespace kube
