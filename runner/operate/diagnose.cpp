#include "operate/diagnose.hpp"

#include "diagnose/judge.hpp"
#include "operate/diagnose_gather.hpp"

namespace operate {
namespace {

constexpr std::chrono::seconds look_limit{10};

// The same run with less time: whoever reads must be back by then.
Run in_short(const Run& run) {
    auto request = run.request();
    request.timeout = std::min<std::chrono::milliseconds>(request.timeout, look_limit);
    return {std::move(request), run.tools(), run.record(), run.stop()};
}

::diagnose::Facts look(const Run& run, Evidence& evidence) {
    PhaseScope phase(run, "look");
    run.tools().progress.line("looking at release " + run.request().release + " in namespace " + run.namespace_name());
    const Run limited = in_short(run);
    Gathering gathering(limited, evidence);
    gather_objects(gathering);
    if (!run.stop().stop_requested()) {
        gather_members(gathering);
    }
    phase.complete();
    return std::move(gathering.facts());
}

base::Error found(const model::DiagnosedCause& cause) {
    return {.code = base::ErrorCode::etcd_unhealthy,
            .message = cause.headline,
            .context = {},
            .hint = cause.advice,
            .command = {}};
}

}  // namespace

base::Result<void> diagnose(const Run& run, Evidence& evidence) {
    TRY_ASSIGN(run.record().kubernetes_version, run.tools().kube.server_version(run.scope()));
    const auto facts = look(run, evidence);
    if (run.stop().stop_requested()) {
        return std::unexpected(run.interrupted(base::ErrorCode::timed_out, "looking at the cluster"));
    }
    auto verdict = ::diagnose::judge(facts);
    auto& record = run.record();
    record.stateful_set = facts.set_name;
    record.health = std::move(verdict.health);
    record.diagnosis = std::move(verdict.diagnosis);
    record.outcome = model::Outcome::nothing_to_do;
    if (const auto* cause = record.diagnosis->main_cause()) {
        return std::unexpected(found(*cause));
    }
    if (!facts.saw_pods) {
        return base::fail(base::ErrorCode::forbidden, "the pods could not be looked at, so nothing can be told of them",
                          "the role needs list on pods, better the ClusterRole \"view\" bound in this namespace");
    }
    // A member that is being replaced, say: that passes, but it is not well meanwhile.
    if (record.health && !record.health->healthy() && !record.diagnosis->causes.empty()) {
        const auto& cause = record.diagnosis->causes.front();
        return base::fail(base::ErrorCode::etcd_unhealthy,
                          std::to_string(record.health->healthy_members) + " of " +
                              std::to_string(record.health->members.size()) + " members are healthy: " + cause.headline,
                          "this may pass by itself: look again in a moment");
    }
    run.tools().progress.line("nothing wrong was found");
    return {};
}

}  // namespace operate
