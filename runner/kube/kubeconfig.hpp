// A kubeconfig, read: one cluster and one way to prove who we are.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/redaction.hpp"
#include "base/result.hpp"
#include "model/request.hpp"
#include "sys/http.hpp"

namespace kube {

// A program that prints a credential (users[].user.exec).
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
struct ExecPlugin {
    std::string command;            // looked up in PATH, or a path that does not depend on where we are
    std::vector<std::string> args;  // may hold secrets
    std::vector<std::pair<std::string, std::string>> variables;  // its environment, added to ours
    std::string api_version;                                     // "client.authentication.k8s.io/v1" or "…/v1beta1"
    std::string install_hint;                                    // the kubeconfig's own words
    bool wants_cluster = false;                                  // is told which cluster it logs in to
    std::string cluster_config;  // JSON that the kubeconfig has for it beside that cluster; empty: nothing
};

struct Connection {
    std::string server;  // "https://host:port", no trailing slash
    std::string context;
    std::string namespace_name;  // the context's; "default" when it has none
    std::shared_ptr<const sys::Tls> tls;
    std::string token;       // bearer token; a secret
    std::string token_file;  // read again when it changes
    std::string username;    // basic authentication
    std::string password;
    std::optional<ExecPlugin> plugin;  // asked when there is neither token nor password
    std::string proxy;
    std::vector<std::string> warnings;  // e.g. insecure-skip-tls-verify
};

// Reads and merges the source, picks `context` (empty: current-context), reads the
// files it names (relative ones count from the kubeconfig's folder), and tells the
// redactor every secret in it. Errors: bad_input (naming the contexts there are,
// file:line:column for YAML; a relative path in a kubeconfig that came as text, which has
// no folder), not_found, refused (an authentication that is not supported: plugins that
// want a terminal, auth-provider, impersonation). No plugin is run here.
[[nodiscard]] base::Result<Connection> connect(const model::KubeconfigSource& source, const std::string& context,
                                               base::Redactor& redactor);

// What a pod is told about its own cluster.
// https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
struct PodSurroundings {
    std::string host;             // KUBERNETES_SERVICE_HOST
    std::string port;             // KUBERNETES_SERVICE_PORT
    std::string service_account;  // the folder with token, ca.crt and namespace
};
[[nodiscard]] base::Result<Connection> connect_in_cluster(const PodSurroundings& pod, base::Redactor& redactor);

}  // namespace kube
