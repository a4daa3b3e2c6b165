#include "etcd/settings.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace etcd {
namespace {

using model::Container;
using model::SecretKey;

bool has_variable(const Container& container, std::string_view name) {
    return std::ranges::any_of(container.environment, [&](const auto& variable) { return variable.name == name; });
}

// "etcd", "/usr/local/bin/etcd"
bool is_program_etcd(const Container& container) {
    if (container.arguments.empty()) {
        return false;
    }
    const auto& program = container.arguments.front();
    return program == "etcd" || program.ends_with("/etcd");
}

const Container* etcd_container(const model::PodTemplate& pods) {
    const auto first = [&](const auto& is_it) -> const Container* {
        const auto found = std::ranges::find_if(pods.containers, is_it);
        return found == pods.containers.end() ? nullptr : &*found;
    };
    if (const auto* named = first([](const Container& container) { return container.name == "etcd"; })) {
        return named;
    }
    return first([](const Container& container) {
        return is_program_etcd(container) || has_variable(container, "ETCD_DATA_DIR") ||
               has_variable(container, "ETCD_ADVERTISE_CLIENT_URLS");
    });
}

// "cert-file" -> "ETCD_CERT_FILE"
std::string variable_of(std::string_view flag) {
    std::string name = "ETCD_";
    for (const char c : flag) {
        name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name;
}

// What the container is started with, also what a shell is told to start: ["sh", "-c", "exec etcd --data-dir=/d"].
std::vector<std::string> words_of(const Container& container) {
    std::vector<std::string> words;
    for (const auto& argument : container.arguments) {
        const bool is_script = argument.contains("etcd") && argument.find_first_of(" \n") != std::string::npos;
        if (!is_script) {
            words.push_back(argument);
            continue;
        }
        std::string word;
        for (const char c : argument + " ") {
            if (c != ' ' && c != '\n' && c != '\t') {
                word += c == '"' || c == '\'' || c == '\\' ? std::string() : std::string(1, c);
            } else if (!word.empty()) {
                words.push_back(std::exchange(word, {}));
            }
        }
    }
    return words;
}

// The setting as a flag, else as a variable; empty when it is neither.
std::string setting(const Container& container, std::string_view flag) {
    const auto& arguments = container.arguments;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string_view argument = arguments[i];
        if (!argument.starts_with('-')) {
            continue;
        }
        argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
        if (argument == flag) {
            const bool has_value = i + 1 < arguments.size() && !arguments[i + 1].starts_with('-');
            return has_value ? arguments[i + 1] : "true";
        }
        if (argument.starts_with(flag) && argument.substr(flag.size()).starts_with('=')) {
            return std::string(argument.substr(flag.size() + 1));
        }
    }
    const auto name = variable_of(flag);
    for (const auto& variable : container.environment) {
        if (variable.name == name) {
            return variable.value;
        }
    }
    return {};
}

std::string variable(const Container& container, std::string_view name) {
    for (const auto& candidate : container.environment) {
        if (candidate.name == name) {
            return candidate.value;
        }
    }
    return {};
}

// The mount in whose folder (or as which) the path lies; the deepest one.
const model::VolumeMount* mount_of(const Container& container, const std::string& path) {
    const model::VolumeMount* best = nullptr;
    for (const auto& mount : container.mounts) {
        const bool holds =
            path == mount.path || path.starts_with(mount.path.ends_with('/') ? mount.path : mount.path + "/");
        if (holds && (best == nullptr || mount.path.size() > best->path.size())) {
            best = &mount;
        }
    }
    return best;
}

// The key of a Secret that appears at the path in the container.
std::optional<SecretKey> secret_at(const model::PodTemplate& pods, const Container& container,
                                   const std::string& path) {
    const auto* mount = path.empty() ? nullptr : mount_of(container, path);
    if (mount == nullptr) {
        return std::nullopt;
    }
    std::string file = path.substr(std::min(mount->path.size(), path.size()));
    file.erase(0, file.find_first_not_of('/'));
    if (!mount->sub_path.empty()) {
        file = file.empty() ? mount->sub_path : mount->sub_path + "/" + file;
    }
    for (const auto& volume : pods.secret_volumes) {
        if (volume.name != mount->volume) {
            continue;
        }
        if (volume.items.empty()) {
            return SecretKey{.secret = volume.secret, .key = file};
        }
        if (const auto item = volume.items.find(file); item != volume.items.end()) {
            return SecretKey{.secret = volume.secret, .key = item->second};
        }
    }
    return std::nullopt;
}

// The first of these settings that is a file of a Secret.
std::optional<SecretKey> first_secret(const model::PodTemplate& pods, const Container& container,
                                      const std::vector<std::string>& paths) {
    for (const auto& path : paths) {
        if (auto secret = secret_at(pods, container, path)) {
            return secret;
        }
    }
    return std::nullopt;
}

// "https://$(MY_POD_NAME).etcd-headless.ns.svc.cluster.local:2379,…" -> of the first one.
struct ClientUrl {
    bool tls = false;
    std::optional<std::uint16_t> port;
    std::string host;
};

ClientUrl first_url(const std::string& urls) {
    ClientUrl url;
    std::string_view text(urls);
    text = text.substr(0, text.find(','));
    url.tls = text.starts_with("https://");
    const auto scheme = text.find("://");
    text.remove_prefix(scheme == std::string_view::npos ? 0 : scheme + 3);
    text = text.substr(0, text.find('/'));
    const auto colon = text.rfind(':');
    url.host = text.substr(0, colon);
    if (colon != std::string_view::npos) {
        const auto digits = text.substr(colon + 1);
        std::uint16_t number = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (error == std::errc() && end == digits.data() + digits.size() && number != 0) {
            url.port = number;
        }
    }
    return url;
}

std::optional<std::uint16_t> named_port(const model::PodTemplate& pods, const std::string& container) {
    for (const auto& port : pods.ports) {
        if (port.container == container && port.name == "client" && port.number > 0 && port.number <= 65535) {
            return static_cast<std::uint16_t>(port.number);
        }
    }
    return std::nullopt;
}

// What follows ".svc." in a pod's name: "etcd-0.etcd-headless.ns.svc.cluster.local".
std::string domain_of(const std::string& host, const std::string& otherwise) {
    const auto service = host.find(".svc.");
    return service == std::string::npos ? otherwise : host.substr(service + 5);
}

// etcd takes 0 for its default, and less for no quota at all.
// https://etcd.io/docs/v3.6/op-guide/configuration/
std::uint64_t quota_of(const std::string& text) {
    constexpr std::uint64_t fallback = std::uint64_t{2} << 30U;
    std::uint64_t bytes = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    const bool good = error == std::errc() && end == text.data() + text.size();
    return text.empty() || (good && bytes == 0) ? fallback : good ? bytes : 0;
}

bool is_true(const std::string& text) {
    return base::lower(text) == "true" || text == "1";
}

}  // namespace

bool same_access(const Settings& one, const Settings& other) {
    const auto access = [](const Settings& of) {
        return std::tie(of.container, of.client_port, of.tls, of.mutual_tls, of.ca, of.certificate, of.key,
                        of.root_password);
    };
    return access(one) == access(other);
}

base::Result<Settings> read_settings(const model::PodTemplate& pods, const std::string& whose) {
    const auto* found = etcd_container(pods);
    if (found == nullptr) {
        return base::fail(base::ErrorCode::not_found, "no container of " + whose + " runs etcd",
                          "a container is taken for etcd when it is named so, runs a program of that name, or has the "
                          "variable ETCD_DATA_DIR");
    }
    Container in_words = *found;
    in_words.arguments = words_of(*found);
    const auto* container = &in_words;
    Settings settings;
    settings.container = container->name;
    const auto listening = first_url(setting(*container, "listen-client-urls"));
    const auto advertised = first_url(setting(*container, "advertise-client-urls"));
    const auto certificate = setting(*container, "cert-file");
    settings.tls = listening.tls || advertised.tls;
    settings.client_port = listening.port.value_or(
        advertised.port.value_or(named_port(pods, container->name).value_or(settings.client_port)));
    settings.cluster_domain = domain_of(advertised.host, settings.cluster_domain);
    // A CA for clients alone demands their certificates as well (TLSInfo.ServerConfig):
    // https://github.com/etcd-io/etcd/blob/main/client/pkg/transport/listener.go
    settings.mutual_tls = settings.tls && (is_true(setting(*container, "client-cert-auth")) ||
                                           !setting(*container, "trusted-ca-file").empty());
    settings.data_dir = setting(*container, "data-dir");
    settings.quota = quota_of(setting(*container, "quota-backend-bytes"));
    if (const auto* mount = mount_of(*container, settings.data_dir); mount != nullptr) {
        settings.data_volume = mount->volume;
    }
    if (settings.tls) {
        // What etcdctl is told in the pod is meant for clients; the server's own files often serve both.
        settings.ca = first_secret(pods, *container,
                                   {variable(*container, "ETCDCTL_CACERT"), setting(*container, "trusted-ca-file"),
                                    certificate.substr(0, certificate.rfind('/') + 1) + "ca.crt"});
        settings.certificate = first_secret(pods, *container, {variable(*container, "ETCDCTL_CERT"), certificate});
        settings.key =
            first_secret(pods, *container, {variable(*container, "ETCDCTL_KEY"), setting(*container, "key-file")});
    }
    if (first_url(setting(*container, "listen-peer-urls")).tls) {
        settings.peer_ca = secret_at(pods, *container, setting(*container, "peer-trusted-ca-file"));
        settings.peer_certificate = secret_at(pods, *container, setting(*container, "peer-cert-file"));
    }
    // By the first etcdctl in the pod logs in, as in our chart; the second is Bitnami's, and wins. Since 2025 Bitnami
    // names a file instead: https://github.com/bitnami/charts/pull/32345
    for (const std::string_view name : {"ETCDCTL_PASSWORD", "ETCD_ROOT_PASSWORD"}) {
        for (const auto& candidate : container->environment) {
            if (candidate.name == name && candidate.from_secret) {
                settings.root_password = candidate.from_secret;
            }
        }
        if (auto file = secret_at(pods, *container, variable(*container, std::string(name) + "_FILE"))) {
            settings.root_password = std::move(file);
        }
    }
    return settings;
}

}  // namespace etcd
