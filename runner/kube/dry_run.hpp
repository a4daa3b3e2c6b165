// What the API server says to applying objects, without doing it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace kube {

// A kind of objects, as discovery tells of it.
struct ApiResource {
    std::string kind;    // "StatefulSet"
    std::string plural;  // "statefulsets"
    bool is_namespaced = true;
};

// A field that somebody else owns: to apply it would be a conflict.
struct TakenField {
    std::string path;     // ".spec.replicas"
    std::string manager;  // "kubectl-edit"
    friend bool operator==(const TakenField&, const TakenField&) = default;
};

struct DryRun {
    std::string applied;                 // JSON, the object as it would be; empty: it is refused
    std::vector<TakenField> taken;       // why, when somebody else owns fields of it
    std::optional<base::Error> refused;  // why, for all other reasons
    std::vector<std::string> warnings;   // the server's, of what it would take: deprecated, unknown, not secure
};

// The path of an object, or of all of its kind when `name` is empty: "/apis/apps/v1/namespaces/x/statefulsets".
[[nodiscard]] std::string resource_path(const std::string& api_version, const ApiResource& resource,
                                        const std::string& namespace_name, const std::string& name);

}  // namespace kube
