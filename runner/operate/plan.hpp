// What a deployment would do, found out before anything is touched: helm renders, the API server says what it
// would make of each object, etcd's members are asked how they are; the rules of plan/ judge it.
#pragma once

#include <set>
#include <string>

#include "base/result.hpp"
#include "operate/preflight.hpp"
#include "operate/run.hpp"

namespace operate {

struct Planned {
    bool sets_strategy = false;       // the runner makes etcd's set OnDelete
    bool takes_fields = false;        // helm may take back what others have set: the plan lists it
    std::set<std::string> hook_jobs;  // names of the Jobs that the chart has as hooks
};

// The plan is in the record, its warnings have been told. Errors: those of looking (unreachable, forbidden), and
// refused, when the plan has a blocking finding, or is not the one that was agreed to.
[[nodiscard]] base::Result<Planned> plan_deployment(const Run& run, const Preflight& found, const std::string& chart);

// Whether another run holds the release's lock: then who. A plan that is made for a deployment waits for it first.
[[nodiscard]] base::Result<std::string> lock_holder(const Run& run);
// The same by the lease's own times, which are for people: nothing of a run that seems to have been killed.
[[nodiscard]] base::Result<std::string> live_lock_holder(const Run& run);

}  // namespace operate
