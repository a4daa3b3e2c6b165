// The members of one StatefulSet's etcd, within reach: through a port-forward each, or
// directly when the runner itself is in the cluster.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.hpp"
#include "etcd/member.hpp"
#include "etcd/settings.hpp"
#include "model/kubernetes.hpp"
#include "operate/run.hpp"
#include "sys/tunnel.hpp"

namespace operate {

// Whether members are asked without a port-forward, by their names in the cluster.
[[nodiscard]] bool reached_directly(const model::Request& request);

class EtcdMembers {
public:
    // Reads how the set runs etcd, and the Secrets that a client needs; connects nothing yet.
    // Errors: not_found (no etcd in it, or a Secret or key of it that is missing), forbidden.
    [[nodiscard]] static base::Result<EtcdMembers> open(const Run& run, const model::StatefulSet& set);

    // "etcd-0.etcd-headless.ns.svc.cluster.local:2379": where clients in the cluster find it.
    [[nodiscard]] std::string address_of(const std::string& pod) const;

    // The member in this pod; a pod that was replaced is a new one. Thread-safe; the answer
    // lives as long as this object.
    [[nodiscard]] base::Result<const etcd::Member*> member(const model::Pod& pod);

private:
    struct Reached {
        std::unique_ptr<sys::Tunnel> tunnel;
        etcd::Member member;
    };

    EtcdMembers(const Run& run, std::string service_name, etcd::Settings settings);
    [[nodiscard]] base::Result<void> read_secrets();
    [[nodiscard]] base::Result<std::string> secret(const model::SecretKey& which) const;

    const Run* run_;
    std::string service_name_;
    etcd::Settings settings_;
    std::shared_ptr<const sys::Tls> tls_;
    std::shared_ptr<etcd::Login> login_;
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
    std::map<std::string, Reached> reached_;  // by the pod's UID; guarded by *mutex_
};

}  // namespace operate
