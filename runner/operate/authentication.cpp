#include "operate/authentication.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "etcd/authentication.hpp"
#include "operate/check_etcd.hpp"
#include "sys/certificate.hpp"

namespace operate {
namespace {

// etcd makes a slow hash of each password, and writes each step to its log.
constexpr std::chrono::seconds limit{15};

etcd::Scope within(const Run& run, const kube::Scope& scope) {
    return {.stop = scope.stop, .deadline = std::min(scope.deadline, run.tools().clock.now() + limit)};
}

bool is_off(const model::ClusterHealth& health) {
    return std::ranges::find(health.findings, "authentication", &model::Finding::rule) != health.findings.end();
}

base::Error not_switched(const Run& run, base::Error error) {
    if (run.stop().stop_requested()) {
        return run.interrupted(base::ErrorCode::etcd_unhealthy, "switching etcd's authentication on");
    }
    error = base::in_context(std::move(error), "switching etcd's authentication on");
    error.code = base::ErrorCode::etcd_unhealthy;
    error.hint = "the next deployment tries again; or take auth.rbac.create out of the values";
    return error;
}

// Why it is not for us to switch it on, as far as that can be told without asking etcd; empty: it is.
std::string obstacle(const Run& run, const Examiner& examiner) {
    if (run.request().etcd_user != "root" || !run.request().etcd_password.empty()) {
        return "etcd-user or etcd-password is given, so somebody else sees to its users";
    }
    const auto& shown = examiner.client_certificate();
    const auto name = shown.empty() ? base::Result<std::string>() : sys::certificate_common_name(shown);
    if (!name || !name->empty()) {
        // https://etcd.io/docs/v3.6/op-guide/authentication/rbac/#using-tls-common-name
        return "the clients' certificate has a common name" + (name ? " (" + base::printable(*name) + ")" : "") +
               ", which etcd then takes for the user's, and refuses to those who ask by JSON, as etcd-deploy does";
    }
    return {};
}

// Empty: nobody does.
base::Result<std::string> use_of(const Run& run, const etcd::Member& member) {
    return etcd::find_use(member.transport(within(run, run.scope())));
}

}  // namespace

base::Result<void> settle_authentication(const Run& run, const model::Journal& journal, Examiner& examiner,
                                         const rollout::View& view, const model::StatefulSet& set) {
    const auto& which = examiner.settings().root_password;
    const auto leader = view.pods().find(run.record().health->leader);
    if (!which || !is_off(*run.record().health) || !journal.verified.empty() || leader == view.pods().end()) {
        return {};
    }
    const auto stays_off = [&run](const std::string& why) {
        run.tools().progress.line("etcd's authentication stays off: " + why);
        return base::Result<void>();
    };
    if (const auto why = obstacle(run, examiner); !why.empty()) {
        return stays_off(why);
    }
    TRY_ASSIGN(const auto* member, examiner.member(leader->second));
    const auto password = run.tools().kube.secret_value(run.namespace_name(), which->secret, which->key, run.scope());
    auto use = use_of(run, *member);
    if (password && use && use->empty()) {
        TRY(run.before_change());
        use = use_of(run, *member);  // that may have taken its time
    }
    if (!password || !use) {
        return std::unexpected(not_switched(run, password ? use.error() : password.error()));
    }
    if (!use->empty()) {
        return stays_off(*use + ", and who uses it may know no password");
    }
    auto switched = etcd::switch_authentication_on(*password, member->transport(within(run, run.change_scope())));
    if (!switched) {
        return std::unexpected(not_switched(run, std::move(switched).error()));
    }
    run.warn("etcd asks for a password from now on: its user is root, its password the key " + which->key +
             " of Secret " + which->secret + " (auth.rbac.create)");
    TRY(examine_past_outage(run, examiner, view, set));
    const auto& health = *run.record().health;
    if (run.stop().stop_requested()) {
        return std::unexpected(run.interrupted(base::ErrorCode::etcd_unhealthy, "asking etcd"));
    }
    return health.healthy() ? base::Result<void>() : std::unexpected(unhealthy(health));
}

}  // namespace operate
