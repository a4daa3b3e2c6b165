// Takes the release away; its volumes only when that was asked for and confirmed.
#pragma once

#include "base/result.hpp"
#include "operate/evidence.hpp"
#include "operate/run.hpp"

namespace operate {

// Uninstalling nothing succeeds and says so. Waits until the pods are gone. The record
// tells which volumes stay, or were deleted; the evidence, what held it up.
[[nodiscard]] base::Result<void> uninstall(const Run& run, Evidence& evidence);

}  // namespace operate
