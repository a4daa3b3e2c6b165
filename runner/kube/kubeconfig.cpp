#include "kube/kubeconfig.hpp"

#include <filesystem>
#include <map>
#include <optional>

#include <yaml-cpp/yaml.h>

#include "base/text.hpp"
#include "kube/exec_settings.hpp"
#include "kube/yaml.hpp"
#include "sys/files.hpp"

namespace kube {
namespace {

using base::ErrorCode;
using yaml::flag;
using yaml::refuse;
using yaml::scalar;
namespace fs = std::filesystem;

constexpr std::size_t kubeconfig_limit = std::size_t{4} << 20U;

// A named entry of one of the three lists, with the folder that its files count from;
// none for a kubeconfig that came as text.
struct Entry {
    YAML::Node body;
    std::optional<fs::path> folder;
};

struct Merged {
    std::map<std::string, Entry> clusters;
    std::map<std::string, Entry> users;
    std::map<std::string, Entry> contexts;
    std::string current;
};

// The first mention of a name wins, as in kubectl.
void add_entries(std::map<std::string, Entry>& entries, const YAML::Node& root, const std::string& body_key,
                 const std::optional<fs::path>& folder) {
    const std::string list_key = body_key + "s";
    const YAML::Node list = root[list_key];
    if (!list || list.IsNull()) {
        return;
    }
    if (!list.IsSequence()) {
        refuse(list, list_key + " is no list");
    }
    for (const auto& item : list) {
        const std::string name = scalar(item, "name");
        if (name.empty() || !item[body_key]) {
            continue;
        }
        const YAML::Node body = item[body_key];
        if (!body.IsMap() && !body.IsNull()) {
            refuse(body, body_key + " is no mapping");
        }
        entries.try_emplace(name, Entry{body, folder});
    }
}

// The password of "scheme://user:password@host" is a secret too.
void hide_password_in(const std::string& address, base::Redactor& redactor) {
    const auto scheme = address.find("://");
    const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
    const auto authority = address.substr(begin, address.find_first_of("/?#", begin) - begin);
    const auto at = authority.rfind('@');
    const auto colon = authority.find(':');
    if (at != std::string::npos && colon < at) {
        redactor.add(authority.substr(colon + 1, at - colon - 1));
    }
}

// Of yaml-cpp's message only what it says by itself: after a colon may come our text.
std::string words_of(const YAML::Exception& error) {
    return base::printable(error.msg.substr(0, error.msg.find(':')));
}

base::Result<void> merge(Merged& merged, const std::string& text, const std::string& origin,
                         const std::optional<fs::path>& folder) {
    try {
        const YAML::Node root = YAML::Load(text);
        if (!root.IsMap()) {
            return base::fail(ErrorCode::bad_input, origin + " is no kubeconfig",
                              "kubectl config view --raw --minify prints one");
        }
        add_entries(merged.clusters, root, "cluster", folder);
        add_entries(merged.users, root, "user", folder);
        add_entries(merged.contexts, root, "context", folder);
        if (merged.current.empty()) {
            merged.current = scalar(root, "current-context");
        }
        return {};
    } catch (const YAML::Exception& error) {
        const std::string place = error.mark.is_null() ? std::string()
                                                       : ":" + std::to_string(error.mark.line + 1) + ":" +
                                                             std::to_string(error.mark.column + 1);
        return base::fail(ErrorCode::bad_input, origin + place + ": cannot parse the kubeconfig: " + words_of(error));
    }
}

base::Result<Merged> read_all(const model::KubeconfigSource& source) {
    Merged merged;
    if (source.kind == model::KubeconfigSource::Kind::text) {
        TRY(merge(merged, source.text, "the input kubeconfig", std::nullopt));
        return merged;
    }
    for (const auto& file : source.files) {
        auto text = sys::read_file(file, kubeconfig_limit);
        if (!text) {
            return std::unexpected(base::in_context(std::move(text).error(), "reading kubeconfig " + file));
        }
        if (base::trim(*text).empty() && source.files.size() > 1) {
            continue;  // as for kubectl
        }
        TRY(merge(merged, *text, file, fs::path(file).parent_path()));
    }
    return merged;
}

std::string names_of(const std::map<std::string, Entry>& entries) {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries) {
        names.push_back(base::printable(name));
    }
    return names.empty() ? "there are none" : "there are: " + base::shorten(base::join(names, ", "), 300);
}

base::Result<Entry> find(const std::map<std::string, Entry>& entries, const std::string& name, const char* kind) {
    const auto found = entries.find(name);
    if (found == entries.end()) {
        return base::fail(
            ErrorCode::bad_input,
            std::string("the kubeconfig has no ") + kind + " '" + base::printable(base::shorten(name, 100)) + "'",
            names_of(entries));
    }
    return found->second;
}

// KEY-data (base64, inline) wins over KEY (a file).
base::Result<std::string> inline_or_file(const Entry& entry, const std::string& key) {
    const std::string data = scalar(entry.body, key + "-data");
    if (!data.empty()) {
        auto decoded = base::base64_decode(data);
        if (!decoded) {
            return base::fail(ErrorCode::bad_input, "the kubeconfig's " + key + "-data is not base64");
        }
        return decoded;
    }
    const std::string file = scalar(entry.body, key);
    if (file.empty()) {
        return std::string();
    }
    TRY_ASSIGN(const auto path, resolve(entry.folder, file, key));
    auto text = sys::read_file(path, kubeconfig_limit);
    if (!text) {
        return std::unexpected(base::in_context(std::move(text).error(), "reading the kubeconfig's " + key));
    }
    return text;
}

// What client-go takes: http, https and socks5. For client-go the latter means that the
// proxy looks up the name, which libcurl calls socks5h.
base::Result<std::string> proxy_of(const YAML::Node& cluster) {
    std::string proxy = scalar(cluster, "proxy-url");
    constexpr std::string_view socks = "socks5://";
    if (proxy.starts_with(socks)) {
        return "socks5h://" + proxy.substr(socks.size());
    }
    const bool known = proxy.starts_with("http://") || proxy.starts_with("https://") || proxy.starts_with("socks5h://");
    if (!proxy.empty() && !known) {
        return base::fail(ErrorCode::bad_input,
                          "the kubeconfig's proxy-url begins with none of http://, https:// and socks5://");
    }
    return proxy;
}

base::Result<void> read_user(Connection& connection, sys::Tls& tls, const Entry& user, base::Redactor& redactor) {
    // Impersonation ("as") is refused rather than passed over: without it we would have
    // more rights than were meant.
    for (const char* unsupported : {"auth-provider", "as", "as-uid", "as-groups", "as-user-extra"}) {
        if (user.body.IsMap() && user.body[unsupported] && !user.body[unsupported].IsNull()) {
            return base::fail(ErrorCode::refused,
                              std::string("the kubeconfig's user has '") + unsupported + "', which is not supported",
                              "use a kubeconfig with a token or a client certificate (kubectl create token)");
        }
    }
    TRY_ASSIGN(tls.certificate, inline_or_file(user, "client-certificate"));
    TRY_ASSIGN(tls.key, inline_or_file(user, "client-key"));
    if (tls.certificate.empty() != tls.key.empty()) {
        return base::fail(ErrorCode::bad_input,
                          tls.key.empty() ? "the kubeconfig's user has a client-certificate but no client-key"
                                          : "the kubeconfig's user has a client-key but no client-certificate");
    }
    connection.token = base::trim(scalar(user.body, "token"));
    const std::string token_file = scalar(user.body, "tokenFile");
    if (!token_file.empty()) {
        TRY_ASSIGN(connection.token_file, resolve(user.folder, token_file, "tokenFile"));
        auto token = sys::read_file(connection.token_file, kubeconfig_limit);
        if (token) {
            redactor.add(base::trim(*token));
        } else if (connection.token.empty()) {
            return std::unexpected(base::in_context(std::move(token).error(), "reading the kubeconfig's tokenFile"));
        }
    }
    connection.username = scalar(user.body, "username");
    connection.password = scalar(user.body, "password");
    redactor.add(tls.key);
    redactor.add(scalar(user.body, "client-key-data"));
    redactor.add(connection.token);
    redactor.add(connection.password);
    if (!connection.username.empty()) {
        redactor.add(connection.username + ":" + connection.password);  // as the header carries it, in base64
    }
    if (user.body.IsMap() && user.body["exec"] && !user.body["exec"].IsNull()) {
        TRY_ASSIGN(connection.plugin, read_exec_settings(user.body["exec"], user.folder, redactor));
    }
    return {};
}

}  // namespace

base::Result<Connection> connect_in_cluster(const PodSurroundings& pod, base::Redactor& redactor) {
    if (pod.host.empty() || pod.port.empty()) {
        return base::fail(ErrorCode::bad_input, "no kubeconfig was given, and this is no pod of a cluster",
                          "give the input kubeconfig, or set KUBECONFIG");
    }
    const auto read = [&](const char* name) {
        auto text = sys::read_file(pod.service_account + "/" + name, kubeconfig_limit);
        return text ? text
                    : std::unexpected(base::in_context(std::move(text).error(), "reading the pod's service account"));
    };
    Connection connection;
    connection.server = "https://" + (pod.host.contains(':') ? "[" + pod.host + "]" : pod.host) + ":" + pod.port;
    connection.token_file = pod.service_account + "/token";
    auto tls = std::make_shared<sys::Tls>();
    TRY_ASSIGN(tls->ca, read("ca.crt"));
    TRY_ASSIGN(const auto token, read("token"));
    redactor.add(base::trim(token));
    connection.tls = std::move(tls);
    connection.namespace_name = base::trim(read("namespace").value_or(""));
    if (connection.namespace_name.empty()) {
        connection.namespace_name = "default";
    }
    return connection;
}

base::Result<Connection> connect(const model::KubeconfigSource& source, const std::string& context,
                                 base::Redactor& redactor) {
    if (source.kind == model::KubeconfigSource::Kind::in_cluster) {
        return connect_in_cluster({.host = sys::environment("KUBERNETES_SERVICE_HOST").value_or(""),
                                   .port = sys::environment("KUBERNETES_SERVICE_PORT").value_or(""),
                                   .service_account = "/var/run/secrets/kubernetes.io/serviceaccount"},
                                  redactor);
    }
    TRY_ASSIGN(const auto merged, read_all(source));
    Connection connection;
    connection.context = context.empty() ? merged.current : context;
    if (connection.context.empty()) {
        return base::fail(ErrorCode::bad_input, "the kubeconfig has no current context",
                          "give the input context; " + names_of(merged.contexts));
    }
    try {
        TRY_ASSIGN(const auto chosen, find(merged.contexts, connection.context, "context"));
        TRY_ASSIGN(const auto cluster, find(merged.clusters, scalar(chosen.body, "cluster"), "cluster"));
        connection.namespace_name = scalar(chosen.body, "namespace");
        if (connection.namespace_name.empty()) {
            connection.namespace_name = "default";
        }
        connection.server = scalar(cluster.body, "server");
        while (connection.server.ends_with('/')) {
            connection.server.pop_back();
        }
        if (!connection.server.starts_with("https://") && !connection.server.starts_with("http://")) {
            return base::fail(ErrorCode::bad_input,
                              "the kubeconfig's cluster has no address that starts with https:// or http://");
        }
        TRY_ASSIGN(connection.proxy, proxy_of(cluster.body));
        hide_password_in(connection.server, redactor);
        hide_password_in(connection.proxy, redactor);
        auto tls = std::make_shared<sys::Tls>();
        tls->server_name = scalar(cluster.body, "tls-server-name");
        tls->verify = !flag(cluster.body, "insecure-skip-tls-verify");
        if (!tls->verify) {
            connection.warnings.push_back(
                "the kubeconfig says insecure-skip-tls-verify: whoever is in between can "
                "read and change everything, the credentials too");
        }
        TRY_ASSIGN(tls->ca, inline_or_file(cluster, "certificate-authority"));
        const std::string user_name = scalar(chosen.body, "user");
        if (!user_name.empty()) {
            TRY_ASSIGN(const auto user, find(merged.users, user_name, "user"));
            TRY(read_user(connection, *tls, user, redactor));
            if (connection.plugin && connection.plugin->wants_cluster) {
                connection.plugin->cluster_config = read_cluster_config(cluster.body);
            }
        }
        connection.tls = std::move(tls);
        return connection;
    } catch (const YAML::Exception& error) {
        return base::fail(ErrorCode::bad_input, "cannot make sense of the kubeconfig: " + base::printable(error.msg));
    }
}

}  // namespace kube
