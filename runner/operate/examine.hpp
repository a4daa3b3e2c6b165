// One pass over everything that health is judged by: each member of etcd, and what
// Kubernetes knows of its pod, all asked at the same time and with one deadline. It
// changes nothing.
#pragma once

#include "base/result.hpp"
#include "model/etcd.hpp"
#include "operate/etcd_members.hpp"
#include "operate/run.hpp"
#include "rollout/view.hpp"

namespace operate {

class Examiner {
public:
    // Reads how the set runs etcd, and the Secrets that its clients need. Errors: not_found,
    // forbidden, and what else keeps them from being read.
    [[nodiscard]] static base::Result<Examiner> open(const Run& run, const model::StatefulSet& set);

    // Blocks for five seconds at most: a member that is down costs that once. The view tells
    // the pods and claims. Errors: unauthorized (Kubernetes does not accept our credentials any
    // more, which says nothing of etcd).
    [[nodiscard]] base::Result<model::ClusterHealth> examine(const rollout::View& view, const model::StatefulSet& set);

    [[nodiscard]] const etcd::Settings& settings() const { return members_.settings(); }
    // What is shown to members, in PEM; empty: nothing.
    [[nodiscard]] const std::string& client_certificate() const { return members_.client_certificate(); }
    // Whom it asks in this pod; see EtcdMembers::member.
    [[nodiscard]] base::Result<const etcd::Member*> member(const model::Pod& pod) { return members_.member(pod); }

private:
    Examiner(const Run& run, EtcdMembers members) : run_(&run), members_(std::move(members)) {}
    [[nodiscard]] base::Result<void> ask_members(model::Observations& seen, const std::vector<const model::Pod*>& pods,
                                                 sys::Deadline deadline);
    // Where two clusters are mixed: of each that was not asked yet one member.
    void ask_other_clusters_for_alarms(model::Observations& seen, const std::vector<const model::Pod*>& pods,
                                       const etcd::Scope& scope);
    [[nodiscard]] bool password_is_idle(const model::Observations& seen, const std::vector<const model::Pod*>& pods,
                                        sys::Deadline deadline);
    void compare_data(model::Observations& seen, const std::vector<const model::Pod*>& pods, sys::Deadline deadline);

    const Run* run_;
    EtcdMembers members_;
};

}  // namespace operate
