// Who belongs to etcd, by its own account.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/etcd.hpp"
#include "operate/etcd_members.hpp"
#include "operate/run.hpp"

namespace operate {

struct Membership {
    std::vector<model::ListedMember> members;
    std::vector<std::pair<std::string, std::string>> silent;  // pods that gave no answer, and why
};

// Asks the member in each pod, all at once, for a list that a majority agrees upon
// (linearizable, from etcd 3.5 on): what one member alone remembers may be old. Blocks for
// five seconds at most. Errors: etcd_unhealthy (nobody answers, or not the same),
// unauthorized (nobody lets us in).
[[nodiscard]] base::Result<Membership> ask_membership(const Run& run, const std::vector<const model::Pod*>& pods,
                                                      EtcdMembers& members);

}  // namespace operate
