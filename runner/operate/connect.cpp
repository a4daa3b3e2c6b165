#include "operate/connect.hpp"

#include "base/text.hpp"
#include "operate/endpoints.hpp"
#include "operate/env_file.hpp"
#include "operate/etcd_members.hpp"
#include "operate/membership.hpp"
#include "operate/release.hpp"
#include "operate/rights.hpp"

namespace operate {
namespace {

constexpr std::chrono::seconds settling_limit{10};
constexpr std::chrono::milliseconds pause{250};

base::Result<rollout::View> read_view(const Run& run) {
    rollout::View view;
    for (const auto kind : {model::Kind::stateful_set, model::Kind::pod}) {
        TRY_ASSIGN(const auto listed, run.tools().kube.list(kind, run.namespace_name(), "", run.scope()));
        view.replace_all(kind, listed.items);
    }
    return view;
}

base::Result<rollout::View> look(const Run& run) {
    PhaseScope phase(run, "check");
    const auto& kube = run.tools().kube;
    run.tools().progress.line("asking " + kube.connection().server);
    TRY_ASSIGN(run.record().kubernetes_version, kube.server_version(run.scope()));
    TRY_ASSIGN(const auto state, kube.namespace_state(run.namespace_name(), run.scope()));
    if (state == kube::NamespaceState::absent) {
        return base::fail(base::ErrorCode::not_found, "namespace " + run.namespace_name() + " does not exist",
                          "correct the input namespace, or the kubeconfig's context");
    }
    TRY(check_rights(run));
    TRY_ASSIGN(auto view, read_view(run));
    phase.complete();
    return view;
}

// Who did not answer is a warning: the endpoints are told all the same.
void warn_of_silence(const Run& run, const Membership& membership) {
    for (const auto& [pod, reason] : membership.silent) {
        run.warn(pod + " does not answer now (" + base::shorten(reason, 200) +
                 "); when etcd lists it as a member, its endpoint is in the list all the same");
    }
}

// Members may just be starting: they are asked again for a few seconds.
base::Result<std::vector<std::string>> ask_for_endpoints(const Run& run, rollout::View view, EtcdMembers& members,
                                                         const Place& place) {
    auto& tools = run.tools();
    const auto give_up = std::min(run.deadline(), tools.clock.now() + settling_limit);
    std::string told;
    for (;;) {
        auto membership = ask_membership(run, view.pods_of(place.set.meta.uid), members);
        if (run.stop().stop_requested()) {
            return std::unexpected(run.interrupted(base::ErrorCode::etcd_unhealthy, "asking etcd"));
        }
        if (membership) {
            warn_of_silence(run, *membership);
            return endpoints_of(std::move(membership->members), place);
        }
        if (membership.error().code != base::ErrorCode::etcd_unhealthy || tools.clock.now() + pause >= give_up) {
            return std::unexpected(std::move(membership).error());
        }
        if (membership.error().message != told) {
            told = membership.error().message;
            tools.progress.line(told + "; asking again");
        }
        tools.clock.sleep_until(tools.clock.now() + pause, run.stop());
        TRY_ASSIGN(view, read_view(run));
    }
}

}  // namespace

base::Result<void> connect(const Run& run) {
    TRY(check_env_file(run));
    TRY_ASSIGN(auto view, look(run));
    TRY_ASSIGN(const auto* found, find_etcd_set(view, run.request().release, run.namespace_name()));
    const auto set = *found;  // the view is read anew
    run.record().stateful_set = set.meta.name;
    {
        PhaseScope phase(run, "endpoints");
        TRY_ASSIGN(auto members, EtcdMembers::open(run, set));
        const Place place{.set = set, .settings = members.settings(), .namespace_name = run.namespace_name()};
        TRY_ASSIGN(auto endpoints, ask_for_endpoints(run, std::move(view), members, place));
        run.tools().progress.line("endpoints: " + base::join(endpoints, ", "));
        record_connection(run, place, std::move(endpoints));
        phase.complete();
    }
    if (!run.request().env.file.empty()) {
        PhaseScope phase(run, "file");
        TRY(update_env_file(run));
        phase.complete();
    }
    return {};
}

}  // namespace operate
