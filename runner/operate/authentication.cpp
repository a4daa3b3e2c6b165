#include "operate/authentication.hpp"

#include <algorithm>

#include "etcd/authentication.hpp"
#include "operate/check_etcd.hpp"

namespace operate {
namespace {

// etcd makes a slow hash of each password, and writes each step to its log.
constexpr std::chrono::seconds limit{15};

etcd::Scope within(const Run& run, const kube::Scope& scope) {
    return {.stop = scope.stop, .deadline = std::min(scope.deadline, run.tools().clock.now() + limit)};
}

base::Result<void> switch_on(const Run& run, const model::SecretKey& which, const etcd::Member& member) {
    TRY_ASSIGN(const auto password,
               run.tools().kube.secret_value(run.namespace_name(), which.secret, which.key, run.scope()));
    TRY(run.before_change());
    auto switched = etcd::switch_authentication_on(password, member.transport(within(run, run.change_scope())));
    if (!switched) {
        auto error = base::in_context(std::move(switched).error(), "switching etcd's authentication on");
        error.code = base::ErrorCode::etcd_unhealthy;
        error.hint = "the next deployment tries again; or take auth.rbac.create out of the values";
        return std::unexpected(std::move(error));
    }
    return {};
}

}  // namespace

base::Result<void> settle_authentication(const Run& run, Examiner& examiner, const rollout::View& view,
                                         const model::StatefulSet& set) {
    const auto& which = examiner.settings().root_password;
    const auto leader = view.pods().find(run.record().health->leader);
    // A password that is given beside the chart's is of somebody who has settled it himself.
    if (!which || leader == view.pods().end() || run.request().etcd_user != "root" ||
        !run.request().etcd_password.empty()) {
        return {};
    }
    TRY_ASSIGN(const auto* member, examiner.member(leader->second));
    const auto transport = member->transport(within(run, run.scope()));
    const auto is_on = etcd::authentication_is_on(transport);
    if (!is_on) {
        run.warn("whether etcd asks for a password is not known: " + is_on.error().text());
        return {};
    }
    if (is_on->value_or(true)) {
        return {};
    }
    const auto users = etcd::find_users(transport);
    if (!users || !users->empty()) {
        run.tools().progress.line("etcd's authentication stays off: " +
                                  (users ? "it holds " + *users + " already, and whoever uses that may know no password"
                                         : "who uses it is not known: " + users.error().text()));
        return {};
    }
    TRY(switch_on(run, *which, *member));
    run.warn("etcd asks for a password from now on: its user is root, its password the key " + which->key +
             " of Secret " + which->secret + " (auth.rbac.create)");
    TRY(examine_past_outage(run, examiner, view, set));
    return run.record().health->healthy() ? base::Result<void>() : std::unexpected(unhealthy(*run.record().health));
}

}  // namespace operate
