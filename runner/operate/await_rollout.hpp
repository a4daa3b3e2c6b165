// Waits for facts: a rollout's end, or pods' leaving. Tells each change on the way.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "operate/observer.hpp"
#include "operate/run.hpp"
#include "rollout/verdict.hpp"

namespace operate {

// Prints a line when a pod's state is not what it was, and shows all of them as long as it lives.
class Narrator {
public:
    explicit Narrator(Progress& progress) : progress_(progress) {}
    Narrator(const Narrator&) = delete;
    Narrator& operator=(const Narrator&) = delete;
    ~Narrator() { progress_.show_pods({}); }
    void tell(const std::vector<rollout::PodLine>& pods, const std::string& summary);

private:
    Progress& progress_;
    std::map<std::string, std::string> told_;
};

// Blocks until all the release's StatefulSets are rolled out. Errors: rollout_failed
// (hopeless; the record has the cause), rollout_timed_out (the record says what is
// missing), cancelled, or what ended a watch.
[[nodiscard]] base::Result<void> await_rollout(const Run& run, Observer& observer, rollout::Judge& judge);

// Blocks until no pod of these owners is left, and the owners are gone too.
[[nodiscard]] base::Result<void> await_departure(const Run& run, Observer& observer, rollout::Judge& judge,
                                                 const std::vector<std::string>& owner_uids);

// Blocks until none of these claims is left.
[[nodiscard]] base::Result<void> await_claims_gone(const Run& run, Observer& observer,
                                                   const std::vector<std::string>& claim_uids);

// Records the cause, says that it is hopeless, and gives the error to end with.
[[nodiscard]] base::Error hopeless(const Run& run, model::Cause cause);

// The cause of a rollout that is not done when the time is up: the first pod that is not ready in
// full, the others with their reasons.
[[nodiscard]] model::Cause what_is_missing(const rollout::Verdict& verdict, const rollout::View& view);

// Adds the last log lines of the cause's container, if it has one and they can be had; of one that ended by itself
// also its last words to the headline, and to the hint what they mean where etcd says them.
void add_log(const Run& run, model::Cause& cause);

// The same, and puts it into the record.
void record_cause(const Run& run, model::Cause cause);

}  // namespace operate
