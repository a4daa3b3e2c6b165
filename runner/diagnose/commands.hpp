// The commands that a cause is mended by, with the real names filled in. Shared by the
// source files of this folder only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diagnose/facts.hpp"

namespace diagnose {

// "kubectl -n anytrade " and the rest, in which words are quoted already.
[[nodiscard]] std::string kubectl(const Facts& facts, std::string_view rest);
// etcdctl in a member that works (or in `pod`).
[[nodiscard]] std::string etcdctl(const Facts& facts, std::string_view rest, const std::string& pod = {});
// The claims that carry the release's name.
[[nodiscard]] std::vector<std::string> left_claims(const Facts& facts);
// Deploys again with these settings on top of the values file: {"image.tag=v3.7.3"}. On the data that a release
// that is gone has left, when there is some: nothing that a command of ours does deletes data.
[[nodiscard]] std::string deploy_again(const Facts& facts, const std::vector<std::string>& settings = {});
[[nodiscard]] std::string logs_of(const Facts& facts, const std::string& pod, const std::string& container);

// Back to the last revision that etcd-deploy has seen well, when some of the members still run well by an older one:
// the change that is being rolled out is what does not work. For a pod that is of an older revision itself: its
// replacement. Else nothing.
[[nodiscard]] std::vector<std::string> roll_back(const Facts& facts, const std::string& pod);

// What gives a member whose data is of no use an empty volume and a new place in the cluster.
[[nodiscard]] std::vector<std::string> join_anew(const Facts& facts, const std::string& pod);

// The claim that holds this pod's data; empty when the set has no claims.
[[nodiscard]] std::string claim_of(const Facts& facts, const std::string& pod);

}  // namespace diagnose
