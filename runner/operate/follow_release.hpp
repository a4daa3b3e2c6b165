// What is known of the cluster before helm changes the release, and once it has.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/result.hpp"
#include "helm/release.hpp"
#include "operate/observer.hpp"
#include "operate/run.hpp"
#include "rollout/problem.hpp"

namespace operate {

// What is there before helm changes anything: not its fault.
// Without those Jobs of hooks that an earlier run has left at work: helm waits for them again. They are known by the
// release's label, or, without any, by one of these names.
[[nodiscard]] rollout::Baseline baseline_of(const Run& run, const Observer& observer,
                                            const std::set<std::string>& hook_jobs = {});

// Into the view: the watch may lag behind helm's end, and then the old state would look rolled out.
[[nodiscard]] base::Result<void> read_sets_again(const Run& run, Observer& observer);

// Pods by name, with their UIDs: to tell afterwards which are new.
using PodUids = std::map<std::string, std::string>;
[[nodiscard]] PodUids uids_of_pods(const Run& run, const rollout::View& view);

// Into the record: which pods have been replaced or made since; each once, though it may happen again
// on the way back.
void record_pods(const Run& run, const rollout::View& view, const PodUids& before);

// Into the record: what the release is now, against what it was before the run. Gives it. Errors:
// rollout_failed (it is gone), and those of read_release.
[[nodiscard]] base::Result<helm::Release> record_changes(const Run& run, const std::optional<helm::Release>& before,
                                                         const kube::Scope& scope);

}  // namespace operate
