#include "kube/exec_plugin.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "base/text.hpp"
#include "kube/decode.hpp"
#include "kube/json.hpp"

namespace kube {
namespace {

using base::ErrorCode;

// The largest certificates and tokens have some tens of kilobytes.
constexpr std::size_t output_limit = std::size_t{1} << 20U;
constexpr std::size_t shown_errors = 600;

struct Provider {
    std::string_view program;
    std::string_view provided_by;
};

// What people usually get these programs from.
constexpr std::array providers{
    Provider{"aws", "the AWS CLI"},
    Provider{"aws-iam-authenticator", "AWS IAM Authenticator (the AWS CLI can do it too: aws eks get-token)"},
    Provider{"gke-gcloud-auth-plugin", "the Google Cloud CLI (gcloud components install gke-gcloud-auth-plugin)"},
    Provider{"gcloud", "the Google Cloud CLI"},
    Provider{"kubelogin", "kubelogin of Azure (az aks install-cli)"},
    Provider{"az", "the Azure CLI"},
    Provider{"kubectl-oidc_login", "kubelogin for OpenID Connect (kubectl krew install oidc-login)"},
    Provider{"kubectl", "kubectl, with the plugin that the arguments name"},
    Provider{"doctl", "the DigitalOcean CLI"},
    Provider{"oci", "the Oracle Cloud CLI"},
    Provider{"ibmcloud", "the IBM Cloud CLI"},
    Provider{"linode-cli", "the Linode CLI"},
    Provider{"exo", "the Exoscale CLI"},
    Provider{"yc", "the Yandex Cloud CLI"},
    Provider{"tsh", "Teleport"},
    Provider{"vault", "HashiCorp Vault"},
    Provider{"talosctl", "Talos"},
};

std::string provider_of(const std::string& program) {
    for (const auto& provider : providers) {
        if (provider.program == program) {
            return std::string(provider.provided_by);
        }
    }
    return {};
}

std::string name_of(const ExecPlugin& plugin) {
    return base::printable(base::shorten(std::filesystem::path(plugin.command).filename().string(), 100));
}

std::string in_one_line(std::string_view text, std::size_t limit) {
    return base::shorten(base::join(base::nonempty_lines(base::printable(text)), " "), limit);
}

// What the plugin is told, in KUBERNETES_EXEC_INFO.
std::string exec_info(const Connection& connection, const ExecPlugin& plugin) {
    json::Value spec{{"interactive", false}};
    if (plugin.wants_cluster) {
        json::Value cluster{{"server", connection.server}};
        const auto set = [&cluster](const char* name, const std::string& value) {
            if (!value.empty()) {
                cluster[name] = value;
            }
        };
        set("proxy-url", connection.proxy);
        if (connection.tls) {
            set("tls-server-name", connection.tls->server_name);
            set("certificate-authority-data", base::base64_encode(connection.tls->ca));
            if (!connection.tls->verify) {
                cluster["insecure-skip-tls-verify"] = true;
            }
        }
        if (!plugin.cluster_config.empty()) {
            cluster["config"] = json::parse(plugin.cluster_config);
        }
        spec["cluster"] = std::move(cluster);
    }
    return json::Value{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", std::move(spec)}}
        .dump();
}

std::unexpected<base::Error> missing(const ExecPlugin& plugin) {
    const auto name = name_of(plugin);
    const auto provider = provider_of(name);
    const auto advice = in_one_line(plugin.install_hint, 300);
    std::string hint = provider.empty() ? "install it" : "it comes with " + provider;
    hint +=
        "; the container image of etcd-deploy has no such programs, and no shell: run the command where the plugin is "
        "installed, or give a kubeconfig with a token (kubectl create token)";
    if (!advice.empty()) {
        hint += "; the kubeconfig says: " + advice;
    }
    return base::fail(ErrorCode::unauthorized,
                      "there is no program " + base::printable(base::shorten(plugin.command, 200)) +
                          ", which the kubeconfig logs in with",
                      hint);
}

std::unexpected<base::Error> failed(const ExecPlugin& plugin, const std::string& what, const std::string& said = {}) {
    return base::fail(ErrorCode::unauthorized,
                      "the kubeconfig's credential plugin " + name_of(plugin) + " " + what +
                          (said.empty() ? std::string() : ": " + said),
                      "run it by hand with the arguments and variables of the kubeconfig: it must print an "
                      "ExecCredential, without asking anything");
}

std::unexpected<base::Error> malformed(const std::string& what) {
    return base::fail(ErrorCode::unauthorized, what);
}

// Two digits up to `largest`.
std::optional<int> two_digits(std::string_view text, int largest) {
    int number = 0;
    const bool digits = text.size() == 2 && text[0] >= '0' && text[0] <= '9';
    const bool reads = digits && std::from_chars(text.data(), text.data() + 2, number).ptr == text.data() + 2;
    return reads && number <= largest ? std::optional(number) : std::nullopt;
}

// RFC 3339; kube::parse_timestamp knows only UTC, as the API server writes it.
std::optional<model::Timestamp> any_timestamp(std::string text) {
    constexpr std::size_t offset_size = 6;  // "+01:00"
    if (text.ends_with('Z') || text.size() <= offset_size) {
        return parse_timestamp(text);
    }
    const std::string offset = text.substr(text.size() - offset_size);
    const auto hours = two_digits(std::string_view(offset).substr(1, 2), 23);
    const auto minutes = two_digits(std::string_view(offset).substr(4, 2), 59);
    text.replace(text.size() - offset_size, offset_size, "Z");
    const auto local = parse_timestamp(text);
    if ((offset[0] != '+' && offset[0] != '-') || offset[3] != ':' || !hours || !minutes || !local) {
        return std::nullopt;
    }
    const auto east = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return offset[0] == '+' ? *local - east : *local + east;
}

}  // namespace

base::Result<PluginCredential> decode_exec_credential(std::string_view text, const std::string& api_version) {
    try {
        const auto parsed = json::parse(text);
        if (json::text(parsed, "kind") != "ExecCredential") {
            return malformed("its kind is not ExecCredential");
        }
        if (json::text(parsed, "apiVersion") != api_version) {
            return malformed("its apiVersion is not " + api_version + ", as the kubeconfig wants");
        }
        const auto& status = json::object(parsed, "status");
        PluginCredential credential{.token = base::trim(json::text(status, "token")),
                                    .certificate = json::text(status, "clientCertificateData"),
                                    .key = json::text(status, "clientKeyData"),
                                    .expires = std::nullopt};
        if (credential.certificate.empty() != credential.key.empty()) {
            return malformed("of clientCertificateData and clientKeyData one is missing");
        }
        if (credential.token.empty() && credential.key.empty()) {
            return malformed("its status has neither token nor clientCertificateData");
        }
        if (base::has_control_characters(credential.token)) {  // it goes into a header
            return malformed("its token holds control characters");
        }
        const auto expiry = json::text(status, "expirationTimestamp");
        credential.expires = expiry.empty() ? std::nullopt : any_timestamp(expiry);
        if (!expiry.empty() && !credential.expires) {
            return malformed("its expirationTimestamp is no time");
        }
        return credential;
    } catch (const std::exception&) {
        // What the parser says quotes the text.
        return malformed("it is no JSON that makes sense");
    }
}

base::Result<PluginCredential> run_plugin(const Connection& connection, sys::ProcessRunner& processes,
                                          const Scope& scope) {
    const auto& plugin = *connection.plugin;
    sys::Command command{.argv = {plugin.command},
                         .environment = {},
                         .on_line = {},
                         .keep_output = output_limit,
                         .grace = std::chrono::seconds(1)};
    command.argv.insert(command.argv.end(), plugin.args.begin(), plugin.args.end());
    for (const auto& [name, value] : plugin.variables) {
        command.environment[name] = value;
    }
    TRY_ASSIGN(command.environment["KUBERNETES_EXEC_INFO"],
               json::guarded("the kubeconfig's cluster", [&] { return exec_info(connection, plugin); }));
    auto result = processes.run(command, scope.stop, scope.deadline);
    if (!result) {
        return result.error().code == ErrorCode::not_found ? missing(plugin)
                                                           : failed(plugin, "cannot be run", result.error().text());
    }
    if (result->stopped) {
        return base::fail(ErrorCode::cancelled, "cancelled");
    }
    const auto said = in_one_line(result->err, shown_errors);
    if (result->timed_out) {
        return failed(plugin, "does not end", said);
    }
    if (result->exit_code != 0) {
        return failed(plugin, "failed with exit code " + std::to_string(result->exit_code), said);
    }
    if (result->out.size() >= output_limit) {
        return failed(plugin, "prints more than " + base::human_bytes(output_limit));
    }
    auto credential = decode_exec_credential(result->out, plugin.api_version);
    if (!credential) {
        return failed(plugin, "printed no usable ExecCredential", credential.error().message);
    }
    return credential;
}

}  // namespace kube
