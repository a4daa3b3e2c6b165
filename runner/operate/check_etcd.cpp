#include "operate/check_etcd.hpp"

#include <algorithm>

#include "operate/endpoints.hpp"

namespace operate {
namespace {

constexpr std::chrono::seconds settling_limit{10};
constexpr std::chrono::milliseconds pause{250};

// Whether it was the way through Kubernetes to a member that failed.
bool lost_the_way(const model::ClusterHealth& health) {
    return std::ranges::find(health.findings, "port-forward", &model::Finding::rule) != health.findings.end();
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
            .message = first_failure(health),
            .context = {},
            .hint = "the table of findings says what to do about each",
            .command = {}};
}

base::Result<void> examine_once(const Run& run, Examiner& examiner, const rollout::View& view,
                                const model::StatefulSet& set) {
    TRY_ASSIGN(run.record().health, examiner.examine(view, set));
    record_endpoints(run, set, examiner.settings(), *run.record().health);
    return {};
}

base::Result<std::chrono::milliseconds> examine_past_outage(const Run& run, Examiner& examiner,
                                                            const rollout::View& view, const model::StatefulSet& set) {
    std::chrono::milliseconds waited{};
    for (bool is_first = true;; is_first = false) {
        TRY(examine_once(run, examiner, view, set));
        if (run.stop().stop_requested() || !lost_the_way(*run.record().health)) {
            return waited;
        }
        const auto begin = run.tools().clock.now();
        TRY_ASSIGN(const bool was_away, run.tools().kube.await_server(run.scope()));
        if (was_away) {
            waited += std::chrono::duration_cast<std::chrono::milliseconds>(run.tools().clock.now() - begin);
        } else if (!is_first) {  // it may have come back just before it was asked
            return waited;
        }
    }
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
    auto give_up = run.tools().clock.now() + settling_limit;
    std::string told;
    for (;;) {
        TRY_ASSIGN(const auto waited, examine_past_outage(run, examiner, view, set));
        give_up = std::min(run.deadline(), give_up + waited);
        const auto& health = *run.record().health;
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
