// Credential plugins of kubeconfigs: a program that prints an ExecCredential. Run without a
// shell and without a terminal. Shared by the source files of this folder only.
// https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "kube/client.hpp"
#include "kube/kubeconfig.hpp"
#include "model/kubernetes.hpp"
#include "sys/process.hpp"

namespace kube {

// A token, or a certificate with its key, or both. All secrets but the certificate.
struct PluginCredential {
    std::string token;
    std::string certificate;
    std::string key;
    std::optional<model::Timestamp> expires;  // nothing: good until a 401
};

// Blocks until the plugin has ended. Its output is bounded; what it says on stderr is told,
// shortened, when it fails. Errors: unauthorized (missing, failed, printed something else;
// too slow for the scope), cancelled.
[[nodiscard]] base::Result<PluginCredential> run_plugin(const Connection& connection, sys::ProcessRunner& processes,
                                                        const Scope& scope);

// The part of run_plugin that reads what others wrote. Its errors quote nothing of it: it
// may hold a token. `api_version`: what it must be.
[[nodiscard]] base::Result<PluginCredential> decode_exec_credential(std::string_view text,
                                                                    const std::string& api_version);

}  // namespace kube
