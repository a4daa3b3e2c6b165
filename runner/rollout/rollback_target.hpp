// Pure: the revision that a failed upgrade goes back to, or why it must stay as it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/journal.hpp"

namespace rollout {

struct RollbackFacts {
    std::vector<model::VerifiedRevision> verified;  // by this runner, oldest first
    std::vector<int> kept;                          // revisions that helm still has
    int failed_revision = 0;                        // the one that did not work
    int members = 0;                                // replicas that it asks for
    bool on_delete = false;                         // its updateStrategy
    std::uint64_t cluster_id = 0;                   // of those who answer; 0: nobody does
    std::vector<std::string> versions;              // of etcd, of those who answer
    // A member of the failed revision has run, so that etcd may have moved on even if nobody answers now.
    bool new_has_run = false;
    std::string new_version;  // its image's tag, "v3.7.3"; empty: it tells nothing
};

struct RollbackTarget {
    int revision = 0;     // 0: none
    std::string why_not;  // then: a sentence without full stop
    std::string way_out;  // and what to do instead
};

// The newest verified revision before the failed one, unless going back would be worse than
// staying: across a change of the member count (etcd's membership does not follow a manifest), to another
// cluster, or after etcd's cluster version has moved on: older programs refuse to join then.
// https://etcd.io/docs/v3.6/downgrades/downgrade_3_6/
[[nodiscard]] RollbackTarget rollback_target(const RollbackFacts& facts);

}  // namespace rollout
