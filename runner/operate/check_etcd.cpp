#include "operate/check_etcd.hpp"

#include <algorithm>
#include <thread>

#include "base/text.hpp"
#include "etcd/gateway.hpp"
#include "health/judge.hpp"
#include "operate/etcd_members.hpp"

namespace operate {
namespace {

constexpr std::chrono::seconds answer_limit{5};  // etcdctl's own default
constexpr std::chrono::seconds settling_limit{10};
constexpr std::chrono::milliseconds pause{250};

// All at once, with one deadline: a member that is down costs that time once.
model::ClusterHealth ask_all(const Run& run, const std::vector<const model::Pod*>& pods, EtcdMembers& members,
                             std::int32_t replicas) {
    std::vector<model::MemberAnswers> answers(pods.size());
    const kube::Scope scope{run.stop(), std::min(run.deadline(), run.tools().clock.now() + answer_limit)};
    {
        std::vector<std::jthread> questions;
        for (std::size_t index = 0; index < pods.size(); ++index) {
            questions.emplace_back([&, index] {
                const auto& pod = *pods[index];
                const auto member = members.member(pod);
                const etcd::Transport transport =
                    member ? (*member)->transport({.stop = scope.stop, .deadline = scope.deadline})
                           : [&member](const std::string&, const std::string&) -> base::Result<sys::HttpResponse> {
                    return std::unexpected(member.error());
                };
                answers[index] = etcd::ask(pod.meta.name, pod.node, transport);
            });
        }
    }
    return health::judge(std::move(answers), static_cast<std::size_t>(replicas));
}

// "http://etcd-0.etcd-headless.ns.svc.cluster.local:2379" -> without the scheme.
std::string without_scheme(const std::string& url) {
    const auto scheme = url.find("://");
    return scheme == std::string::npos ? url : url.substr(scheme + 3);
}

// What a member itself advertises, else what its DNS name must be.
std::string endpoint_of(const model::MemberAnswers& member, const EtcdMembers& members) {
    if (member.members) {
        for (const auto& listed : *member.members) {
            if (listed.name == member.pod && !listed.client_urls.empty()) {
                return without_scheme(listed.client_urls.front());
            }
        }
    }
    return members.address_of(member.pod);
}

void record_endpoints(const Run& run, const model::StatefulSet& set, const EtcdMembers& members,
                      const model::ClusterHealth& health) {
    auto& record = run.record();
    record.endpoints.clear();
    for (const auto& member : health.members) {
        if (member.linearizable_read) {
            record.endpoints.push_back(endpoint_of(member, members));
        }
    }
    // The client Service stands beside the headless one: "etcd-headless" -> "etcd".
    const std::string suffix = "-headless";
    if (set.service_name.ends_with(suffix) && !record.endpoints.empty()) {
        const auto& first = record.endpoints.front();
        const auto rest = first.find(set.service_name);
        if (rest != std::string::npos) {
            record.service_address = set.service_name.substr(0, set.service_name.size() - suffix.size()) +
                                     first.substr(rest + set.service_name.size());
        }
    }
}

std::string first_failure(const model::ClusterHealth& health) {
    for (const auto& finding : health.findings) {
        if (finding.severity == model::Severity::failure) {
            return (finding.subject.empty() ? std::string() : finding.subject + ": ") + finding.message;
        }
    }
    return "unknown";
}

}  // namespace

base::Result<void> check_etcd(const Run& run, const rollout::View& view, const model::StatefulSet& set) {
    PhaseScope phase(run, "etcd health");
    auto& progress = run.tools().progress;
    TRY_ASSIGN(auto members, EtcdMembers::open(run, set));
    std::vector<const model::Pod*> pods = view.pods_of(set.meta.uid);
    std::erase_if(pods, [](const auto* pod) { return pod->terminating(); });
    const auto give_up = std::min(run.deadline(), run.tools().clock.now() + settling_limit);
    std::string told;
    for (;;) {
        auto health = ask_all(run, pods, members, set.replicas);
        record_endpoints(run, set, members, health);
        run.record().health = health;
        if (run.stop().stop_requested()) {
            return std::unexpected(run.interrupted(base::ErrorCode::etcd_unhealthy, "asking etcd"));
        }
        if (health.healthy()) {
            progress.line("etcd " + health.version + " is healthy: " + std::to_string(health.healthy_members) + " of " +
                          std::to_string(health.members.size()) + " members, leader " + health.leader + ", " +
                          std::to_string(health.tolerance()) + " may fail");
            phase.complete();
            return {};
        }
        const std::string failure = first_failure(health);
        if (failure != told) {
            progress.line("etcd is not healthy yet: " + failure);
            told = failure;
        }
        if (run.tools().clock.now() + pause >= give_up) {
            return base::fail(base::ErrorCode::etcd_unhealthy, "etcd is unhealthy: " + failure,
                              "the table of findings says what to do about each");
        }
        run.tools().clock.sleep_until(run.tools().clock.now() + pause, run.stop());
    }
}

}  // namespace operate
