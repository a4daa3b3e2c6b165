#include "operate/etcd_members.hpp"

#include <utility>

namespace operate {

bool reached_directly(const model::Request& request) {
    switch (request.etcd_access) {
        case model::EtcdAccess::direct: return true;
        case model::EtcdAccess::port_forward: return false;
        case model::EtcdAccess::automatic: break;
    }
    return request.kubeconfig.kind == model::KubeconfigSource::Kind::in_cluster;
}

EtcdMembers::EtcdMembers(const Run& run, std::string service_name, etcd::Settings settings)
    : run_(&run), service_name_(std::move(service_name)), settings_(std::move(settings)) {}

base::Result<EtcdMembers> EtcdMembers::open(const Run& run, const model::StatefulSet& set) {
    TRY_ASSIGN(auto settings, etcd::read_settings(set));
    EtcdMembers members(run, set.service_name, std::move(settings));
    TRY(members.read_secrets());
    return members;
}

base::Result<std::string> EtcdMembers::secret(const model::SecretKey& which) const {
    auto value = run_->tools().kube.secret_value(run_->namespace_name(), which.secret, which.key, run_->scope());
    if (!value) {
        return std::unexpected(base::in_context(std::move(value).error(), "looking for what etcd's clients need"));
    }
    return value;
}

base::Result<void> EtcdMembers::read_secrets() {
    if (settings_.tls) {
        auto tls = std::make_shared<sys::Tls>();
        if (settings_.ca) {
            TRY_ASSIGN(tls->ca, secret(*settings_.ca));
        }
        // Shown also where it is not demanded: etcd then knows who asks.
        if (settings_.mutual_tls && settings_.certificate && settings_.key) {
            TRY_ASSIGN(tls->certificate, secret(*settings_.certificate));
            TRY_ASSIGN(tls->key, secret(*settings_.key));
            run_->tools().progress.keep_secret(tls->key);
        }
        tls_ = std::move(tls);
    }
    std::string password = run_->request().etcd_password;
    if (password.empty() && settings_.root_password) {
        TRY_ASSIGN(password, secret(*settings_.root_password));
        run_->tools().progress.keep_secret(password);
    }
    login_ = std::make_shared<etcd::Login>(run_->request().etcd_user, std::move(password));
    return {};
}

std::string EtcdMembers::address_of(const std::string& pod) const {
    return pod + "." + service_name_ + "." + run_->namespace_name() + ".svc." + settings_.cluster_domain + ":" +
           std::to_string(settings_.client_port);
}

base::Result<const etcd::Member*> EtcdMembers::member(const model::Pod& pod) {
    const std::scoped_lock lock(*mutex_);
    if (const auto known = reached_.find(pod.meta.uid); known != reached_.end()) {
        return &known->second.member;
    }
    etcd::Endpoint endpoint{.url = (settings_.tls ? "https://" : "http://") + address_of(pod.meta.name),
                            .unix_socket = {},
                            .tls = tls_,
                            .trouble = {}};
    std::unique_ptr<sys::Tunnel> tunnel;
    if (!reached_directly(run_->request())) {
        TRY_ASSIGN(tunnel, run_->tools().etcd.forward(run_->namespace_name(), pod.meta.name, settings_.client_port));
        endpoint.unix_socket = tunnel->socket_path();
        endpoint.trouble = [way = tunnel.get()] { return way->trouble(); };
    }
    const auto [added, is_new] = reached_.emplace(
        pod.meta.uid,
        Reached{.tunnel = std::move(tunnel), .member = {run_->tools().etcd.http, std::move(endpoint), login_}});
    return &added->second.member;
}

}  // namespace operate
