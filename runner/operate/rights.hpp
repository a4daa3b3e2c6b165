// What an action needs the kubeconfig's user to be allowed: asked before anything is
// touched, so that all that is missing can be told at once.
#pragma once

#include "base/result.hpp"
#include "operate/run.hpp"

namespace operate {

// What the charts' own objects need beyond this (service accounts, budgets) helm finds
// out by itself. Errors: forbidden (it names every verb that is missing), unreachable.
[[nodiscard]] base::Result<void> check_rights(const Run& run);

}  // namespace operate
