// etcd's own authentication, after a deployment whose chart keeps a password of root's (Bitnami's auth.rbac.create).
#pragma once

#include "base/result.hpp"
#include "operate/examine.hpp"
#include "operate/run.hpp"
#include "rollout/view.hpp"

namespace operate {

// Switches it on with that password, when etcd asks nobody for one and nobody can be locked out: there is no key
// and no user in it. Otherwise it says why not; the rule `authentication` goes on warning. The last step of a
// deployment: its members are well, and its revision is verified, so that nothing goes back to one without the
// password. After it they are asked again, with the password. Errors: etcd_unhealthy, and those of before_change.
[[nodiscard]] base::Result<void> settle_authentication(const Run& run, Examiner& examiner, const rollout::View& view,
                                                       const model::StatefulSet& set);

}  // namespace operate
