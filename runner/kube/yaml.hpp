// Reading fields of a kubeconfig. What is of the wrong kind throws YAML's own exception,
// with its place. Shared by the source files of this folder only.
#pragma once

#include <string>

#include <yaml-cpp/yaml.h>

namespace kube::yaml {

[[noreturn]] inline void refuse(const YAML::Node& node, const std::string& what) {
    throw YAML::RepresentationException(node.Mark(), what);
}

// Absent and null are "".
inline std::string scalar(const YAML::Node& node, const std::string& key) {
    if (!node.IsMap()) {
        return {};
    }
    const YAML::Node value = node[key];
    if (!value || value.IsNull()) {
        return {};
    }
    if (!value.IsScalar()) {
        refuse(value, key + " is no text");
    }
    return value.Scalar();
}

inline bool flag(const YAML::Node& node, const char* key) {
    bool value = false;
    if (!scalar(node, key).empty() && !YAML::convert<bool>::decode(node[key], value)) {
        refuse(node[key], std::string(key) + " is neither true nor false");
    }
    return value;
}

}  // namespace kube::yaml
