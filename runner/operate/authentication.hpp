// etcd's own authentication, for charts that keep a password of root's (Bitnami's auth.rbac.create).
#pragma once

#include "base/result.hpp"
#include "model/journal.hpp"
#include "operate/examine.hpp"
#include "operate/run.hpp"
#include "rollout/view.hpp"

namespace operate {

// The last step of a deployment whose members are well. Switches authentication on with that password when the rule
// `authentication` has found it off and nobody can be locked out: no revision of the release was verified before (so
// nothing rolls back to one without the password either), nobody has ever written to etcd, it has no user but root.
// After it the members are asked again, with the password. Where it stays off at a first deployment, the log says
// why; the rule warns. Errors: etcd_unhealthy, cancelled, and those of before_change.
[[nodiscard]] base::Result<void> settle_authentication(const Run& run, const model::Journal& journal,
                                                       Examiner& examiner, const rollout::View& view,
                                                       const model::StatefulSet& set);

}  // namespace operate
