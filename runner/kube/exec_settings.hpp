// How a kubeconfig describes its credential plugin, and paths in a kubeconfig. Shared by
// the source files of this folder only.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <yaml-cpp/yaml.h>

#include "base/redaction.hpp"
#include "base/result.hpp"
#include "kube/kubeconfig.hpp"

namespace kube {

// A path of the kubeconfig's field `key`: a relative one counts from the kubeconfig's folder,
// as in kubectl. Errors: bad_input for a relative one where there is no folder (we would take
// it from one place, and helm from another).
[[nodiscard]] base::Result<std::string> resolve(const std::optional<std::filesystem::path>& folder,
                                                const std::string& path, const std::string& key);

// Reads users[].user.exec; tells the redactor what looks like a secret in it. Errors:
// bad_input, refused (interactiveMode: Always). Throws what yaml.hpp throws.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#ExecConfig
[[nodiscard]] base::Result<ExecPlugin> read_exec_settings(const YAML::Node& exec,
                                                          const std::optional<std::filesystem::path>& folder,
                                                          base::Redactor& redactor);

// What a cluster of the kubeconfig holds for plugins, as JSON: its extension client.authentication.k8s.io/exec.
// Empty: nothing. Throws what yaml.hpp throws.
// https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster
[[nodiscard]] std::string read_cluster_config(const YAML::Node& cluster);

}  // namespace kube
