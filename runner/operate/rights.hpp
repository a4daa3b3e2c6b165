// What an action needs the kubeconfig's user to be allowed: asked before anything is
// touched, so that all that is missing can be told at once.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "kube/client.hpp"
#include "model/request.hpp"
#include "operate/run.hpp"

namespace operate {

// What the charts' own objects need beyond this (service accounts, budgets) helm finds
// out by itself. Errors: forbidden (it names every verb that is missing), unreachable.
[[nodiscard]] base::Result<void> check_rights(const Run& run);
// The same as a list; for a plan: what the deployment would need.
[[nodiscard]] base::Result<std::vector<kube::Right>> missing_rights(const Run& run);

// The smallest Role that the action can be done with, those of the packed chart's objects and `others` among them,
// as YAML.
[[nodiscard]] std::string role_for(const model::Request& request, const std::vector<kube::Right>& others = {});

}  // namespace operate
