// Pure: whether a member may be taken down. The one place that decides it, before every step
// that takes one down; what Kubernetes knows (a PodDisruptionBudget counts ready pods) is no
// substitute: a voter that has no pod counts for quorum as well.
#pragma once

#include <string>
#include <vector>

#include "model/kubernetes.hpp"

namespace rollout {

// A member that counts for quorum, as etcd's own list has it.
struct Voter {
    std::string name;      // its pod's, or what etcd calls it
    bool is_well = true;   // answers linearizable reads, follows the one leader, has caught up
    bool is_ready = true;  // says Kubernetes of its pod
    bool runs = true;      // see below
    std::string trouble;   // what it lacks, when it is not well
};

// Whether all of its containers run, but for those that only prepare it.
[[nodiscard]] bool runs(const model::Pod& pod);

// Whether the user takes the risk (force-quorum-risk).
enum class QuorumRisk { avoided, taken };

struct Permission {
    bool is_given = false;
    std::string reason;  // why not: which member is not well, and what it lacks
    std::string hint;    // what to do about it
    std::string note;    // when it is given: what it costs all the same; may be empty
    std::string risk;    // when it is given by the user's own will: what is risked; may be empty
};

// Taking down a member that is no voter (a learner), or that serves nothing itself, costs no
// quorum. A cluster of one or two has an outage whatever is done. Else every other voter
// has to be well: those that are left must be a quorum, and one that is ill already may not be
// the one that is needed next.
// A member that runs, or that Kubernetes calls ready, and does not answer us is only taken for ill
// when a quorum of the others answers. Else it may be our way of asking that is ill; and where any
// other answers a linearizable read there is a quorum, which then needs one of those that seem ill.
[[nodiscard]] Permission may_be_taken_down(const std::vector<Voter>& voters, const std::string& name, QuorumRisk risk);

// How many of `voters` have to agree.
[[nodiscard]] constexpr std::size_t quorum_of(std::size_t voters) {
    return voters / 2 + 1;
}

}  // namespace rollout
