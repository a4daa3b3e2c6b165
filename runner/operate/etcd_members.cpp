#include "operate/etcd_members.hpp"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

#include "etcd/gateway.hpp"

namespace operate {

bool reached_directly(const model::Request& request) {
    switch (request.etcd_access) {
        case model::EtcdAccess::direct: return true;
        case model::EtcdAccess::port_forward: return false;
        case model::EtcdAccess::automatic: break;
    }
    return request.kubeconfig.kind == model::KubeconfigSource::Kind::in_cluster;
}

EtcdMembers::Connections::~Connections() {
    for (const auto& [uid, member] : reached) {
        if (member.tunnel) {
            member.tunnel->end_soon();
        }
    }
}

base::Result<EtcdMembers> EtcdMembers::open(const Run& run, const model::StatefulSet& set) {
    TRY_ASSIGN(auto settings, etcd::read_settings(set.pod_template, "StatefulSet " + set.meta.name));
    EtcdMembers members(run, set.service_name);
    TRY_ASSIGN(members.way_, members.find_way(std::move(settings)));
    return members;
}

base::Result<std::string> EtcdMembers::secret(const model::SecretKey& which) const {
    auto value = run_->tools().kube.secret_value(run_->namespace_name(), which.secret, which.key, run_->scope());
    if (!value) {
        return std::unexpected(base::in_context(std::move(value).error(), "looking for what etcd's clients need"));
    }
    return value;
}

base::Result<EtcdMembers::Way> EtcdMembers::find_way(etcd::Settings settings) const {
    Way way{.settings = std::move(settings), .tls = {}, .login = {}};
    const auto& needed = way.settings;
    const auto given = run_->request().etcd_password;
    const bool shows_certificate = needed.mutual_tls && needed.certificate && needed.key;
    // All at once: each is a question of its own.
    const auto ask = [this](bool wanted, const std::optional<model::SecretKey>& which) {
        return std::async(wanted && which ? std::launch::async : std::launch::deferred, [this, wanted, &which] {
            return wanted && which ? secret(*which) : base::Result<std::string>(std::string());
        });
    };
    auto ca = ask(needed.tls, needed.ca);
    auto certificate = ask(shows_certificate, needed.certificate);
    auto key = ask(shows_certificate, needed.key);
    auto password = ask(given.empty(), needed.root_password);
    if (needed.tls) {
        auto tls = std::make_shared<sys::Tls>();
        TRY_ASSIGN(tls->ca, ca.get());
        TRY_ASSIGN(tls->certificate, certificate.get());
        TRY_ASSIGN(tls->key, key.get());
        if (!tls->key.empty()) {
            run_->tools().progress.keep_secret(tls->key);
        }
        way.tls = std::move(tls);
    }
    std::string secret_word = given;
    if (given.empty() && needed.root_password) {
        TRY_ASSIGN(secret_word, password.get());
        run_->tools().progress.keep_secret(secret_word);
    }
    way.login = std::make_shared<etcd::Login>(
        run_->request().etcd_user, std::move(secret_word),
        [run = run_](const std::string& token) { run->tools().progress.keep_secret(token); });
    return way;
}

std::string EtcdMembers::address_of(const std::string& pod, const etcd::Settings& settings) const {
    return pod + "." + service_name_ + "." + run_->namespace_name() + ".svc." + settings.cluster_domain + ":" +
           std::to_string(settings.client_port);
}

std::string EtcdMembers::address_of(const std::string& pod) const {
    return address_of(pod, settings());
}

const std::string& EtcdMembers::client_certificate() const {
    static const std::string none;
    return way_.tls ? way_.tls->certificate : none;
}

const std::string& EtcdMembers::client_authorities() const {
    static const std::string none;
    return way_.tls ? way_.tls->ca : none;
}

base::Result<const EtcdMembers::Way*> EtcdMembers::way_to(const model::Pod& pod) {
    auto settings = etcd::read_settings(pod.pod_template, "pod " + pod.meta.name);
    if (!settings || etcd::same_access(way_.settings, *settings)) {
        return &way_;  // whatever is in a pod that does not tell: the set says more
    }
    const auto known = std::ranges::find_if(
        others_, [&settings](const Way& way) { return etcd::same_access(way.settings, *settings); });
    if (known != others_.end()) {
        return &*known;
    }
    TRY_ASSIGN(auto way, find_way(std::move(*settings)));
    return &others_.emplace_back(std::move(way));
}

base::Result<const etcd::Member*> EtcdMembers::member(const model::Pod& pod) {
    const std::scoped_lock lock(connections_->mutex);
    if (const auto known = connections_->reached.find(pod.meta.uid); known != connections_->reached.end()) {
        return &known->second.member;
    }
    TRY_ASSIGN(const auto* way, way_to(pod));
    etcd::Endpoint endpoint{
        .url = (way->settings.tls ? "https://" : "http://") + address_of(pod.meta.name, way->settings),
        .unix_socket = {},
        .tls = way->tls,
        .trouble = {}};
    std::unique_ptr<sys::Tunnel> tunnel;
    if (!reached_directly(run_->request())) {
        TRY_ASSIGN(tunnel,
                   run_->tools().etcd.forward(run_->namespace_name(), pod.meta.name, way->settings.client_port));
        endpoint.unix_socket = tunnel->socket_path();
        endpoint.trouble = [carrier = tunnel.get()] { return carrier->trouble(); };
    }
    const auto [added, is_new] = connections_->reached.emplace(
        pod.meta.uid,
        Reached{.tunnel = std::move(tunnel), .member = {run_->tools().etcd.http, std::move(endpoint), way->login}});
    return &added->second.member;
}

std::optional<base::Error> EtcdMembers::trouble_on_the_way(const model::Pod& pod) const {
    const std::scoped_lock lock(connections_->mutex);
    const auto known = connections_->reached.find(pod.meta.uid);
    if (known == connections_->reached.end() || !known->second.tunnel) {
        return std::nullopt;
    }
    auto trouble = known->second.tunnel->trouble();
    const bool is_its_own =
        trouble && (trouble->code == base::ErrorCode::not_found || trouble->code == base::ErrorCode::refused);
    return is_its_own ? std::nullopt : trouble;
}

void at_once(std::size_t count, const std::function<void(std::size_t)>& work) {
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < count; ++index) {
        threads.emplace_back([&work, index] { work(index); });
    }
}

std::optional<base::Error> ask_in_round(EtcdMembers& members, const model::Pod& pod, const etcd::Scope& scope,
                                        std::atomic<bool>& asked_for_alarms, model::MemberAnswers& answers) {
    const auto member = members.member(pod);
    if (!member) {
        answers.failures.push_back(member.error().text());
        return std::nullopt;
    }
    const auto transport = (*member)->transport(scope);
    auto answered = etcd::ask(answers.pod, answers.node, transport);
    // That it does not tell them is a failure.
    if (answered.linearizable_read && !asked_for_alarms.exchange(true)) {
        etcd::ask_alarms(answered, transport);
    }
    answered.state = std::move(answers.state);
    answers = std::move(answered);
    return note_the_way(members, pod, answers);
}

base::Result<void> check_still_accepted(std::vector<std::optional<base::Error>> troubles) {
    for (auto& trouble : troubles) {
        if (trouble && trouble->code == base::ErrorCode::unauthorized) {
            return std::unexpected(std::move(*trouble));
        }
    }
    return {};
}

std::optional<base::Error> note_the_way(const EtcdMembers& members, const model::Pod& pod,
                                        model::MemberAnswers& answers) {
    using model::Trouble;
    // Not when TLS told more: that ends the connection, too.
    if (answers.linearizable_read || (answers.trouble != Trouble::other && answers.trouble != Trouble::login)) {
        return std::nullopt;
    }
    auto trouble = members.trouble_on_the_way(pod);
    if (trouble) {
        answers.trouble = Trouble::way;
    }
    return trouble;
}

}  // namespace operate
