// How a pod runs etcd, read from its template: so that every chart will do.
// etcd takes each setting as a flag (--cert-file) or a variable (ETCD_CERT_FILE); a flag
// wins. https://etcd.io/docs/v3.6/op-guide/configuration/
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/kubernetes.hpp"

namespace etcd {

struct Settings {
    std::string container;
    std::uint16_t client_port = 2379;
    bool tls = false;         // clients are spoken to by TLS
    bool mutual_tls = false;  // clients must show a certificate
    std::string data_dir;     // empty: not told
    std::string data_volume;  // the volume in which data_dir is
    // The claim of this pod that holds its data: Kubernetes names it so.
    // https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage
    [[nodiscard]] std::string data_claim(const std::string& pod) const { return data_volume + "-" + pod; }
    std::uint64_t quota = 0;  // bytes that the database may grow to; 0: not told, or none
    std::string cluster_domain = "cluster.local";
    // What a client needs, where it is a file of a Secret.
    std::optional<model::SecretKey> ca;
    std::optional<model::SecretKey> certificate;
    std::optional<model::SecretKey> key;
    std::optional<model::SecretKey> root_password;
    // What members show each other, likewise.
    std::optional<model::SecretKey> peer_ca;
    std::optional<model::SecretKey> peer_certificate;
};

// Whether a client of the one is a client of the other as well: the same port, the same certificates.
[[nodiscard]] bool same_access(const Settings& one, const Settings& other);

// `whose`: for messages, "StatefulSet etcd". Errors: not_found, when no container of it runs etcd.
[[nodiscard]] base::Result<Settings> read_settings(const model::PodTemplate& pods, const std::string& whose);

}  // namespace etcd
