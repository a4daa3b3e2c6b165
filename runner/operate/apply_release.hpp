// Helm changes the release, while its hook Jobs are watched: they can keep helm silent
// until its timeout.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "operate/helm_call.hpp"
#include "operate/observer.hpp"
#include "operate/preflight.hpp"
#include "operate/run.hpp"
#include "rollout/verdict.hpp"

namespace operate {

// Runs a helm that changes the release in a thread of its own, shows what it prints in a group
// with this title, and ends it when one of its hook Jobs cannot ever finish, or, while one is at work, members
// cannot ever be ready. Errors: as below.
[[nodiscard]] base::Result<void> change_by_helm(const Run& run, Observer& observer, rollout::Judge& judge,
                                                const std::string& title, HelmCall::Work work);

// How helm is asked for the request's release, with this chart (a folder or archive).
[[nodiscard]] helm::UpgradeOptions upgrade_of(const Run& run, const std::string& chart);

struct WhatToApply {
    std::string chart;                  // a folder or archive
    std::vector<std::string> more_set;  // for --set, after the request's own
    int history_max = 20;               // revisions that helm keeps
    helm::Conflicts conflicts = helm::Conflicts::refused;
};

// helm upgrade --install (or upgrade) of the request. Errors: what helm says, rollout_failed
// (a hook Job that cannot ever finish; the record has the cause), cancelled. The record says
// whether anything was touched.
[[nodiscard]] base::Result<void> apply_release(const Run& run, Observer& observer, rollout::Judge& judge,
                                               const WhatToApply& what, const Preflight& found);

}  // namespace operate
