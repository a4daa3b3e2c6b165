#include "operate/check_etcd.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace operate {
namespace {

constexpr std::chrono::seconds settling_limit{10};
constexpr std::chrono::milliseconds pause{250};

// "http://etcd-0.etcd-headless.ns.svc.cluster.local:2379" -> without the scheme.
std::string without_scheme(const std::string& url) {
    const auto scheme = url.find("://");
    return scheme == std::string::npos ? url : url.substr(scheme + 3);
}

// What a member itself advertises, else what its DNS name must be.
std::string endpoint_of(const model::MemberAnswers& member, const Run& run, const model::StatefulSet& set,
                        const etcd::Settings& settings) {
    if (member.members) {
        for (const auto& listed : *member.members) {
            if (listed.name == member.pod && !listed.client_urls.empty()) {
                return without_scheme(listed.client_urls.front());
            }
        }
    }
    return member.pod + "." + set.service_name + "." + run.namespace_name() + ".svc." + settings.cluster_domain + ":" +
           std::to_string(settings.client_port);
}

void record_endpoints(const Run& run, const model::StatefulSet& set, const etcd::Settings& settings,
                      const model::ClusterHealth& health) {
    auto& record = run.record();
    record.endpoints.clear();
    for (const auto& member : health.members) {
        if (member.linearizable_read) {
            record.endpoints.push_back(endpoint_of(member, run, set, settings));
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

}  // namespace

std::string first_failure(const model::ClusterHealth& health) {
    for (const auto& finding : health.findings) {
        if (finding.severity == model::Severity::failure) {
            return (finding.subject.empty() ? std::string() : finding.subject + ": ") + finding.message;
        }
    }
    return "unknown";
}

base::Error unhealthy(const model::ClusterHealth& health) {
    return {.code = base::ErrorCode::etcd_unhealthy,
            .message = "etcd is unhealthy: " + first_failure(health),
            .context = {},
            .hint = "the table of findings says what to do about each",
            .command = {}};
}

const model::ClusterHealth& examine_once(const Run& run, Examiner& examiner, const rollout::View& view,
                                         const model::StatefulSet& set) {
    run.record().health = examiner.examine(view, set);
    record_endpoints(run, set, examiner.settings(), *run.record().health);
    return *run.record().health;
}

void tell_healthy(const Run& run, const model::ClusterHealth& health) {
    run.tools().progress.line("etcd " + health.version + " is healthy: " + std::to_string(health.healthy_members) +
                              " of " + std::to_string(health.members.size()) + " members, leader " + health.leader +
                              ", " + std::to_string(health.tolerance()) + " may fail");
}

base::Result<Examiner> check_etcd(const Run& run, const rollout::View& view, const model::StatefulSet& set) {
    PhaseScope phase(run, "etcd health");
    auto& progress = run.tools().progress;
    TRY_ASSIGN(auto examiner, Examiner::open(run, set));
    const auto give_up = std::min(run.deadline(), run.tools().clock.now() + settling_limit);
    std::string told;
    for (;;) {
        const auto& health = examine_once(run, examiner, view, set);
        if (run.stop().stop_requested()) {
            return std::unexpected(run.interrupted(base::ErrorCode::etcd_unhealthy, "asking etcd"));
        }
        if (health.healthy()) {
            tell_healthy(run, health);
            phase.complete();
            return examiner;
        }
        const std::string failure = first_failure(health);
        if (failure != told) {
            progress.line("etcd is not healthy yet: " + failure);
            told = failure;
        }
        if (run.tools().clock.now() + pause >= give_up) {
            return std::unexpected(unhealthy(health));
        }
        run.tools().clock.sleep_until(run.tools().clock.now() + pause, run.stop());
    }
}

}  // namespace operate
