// Everything that the runner itself changes at a release's members. Each asks the lock first, and what takes a
// member down gives up before the lock could be another run's.
#pragma once

#include <string>

#include "base/result.hpp"
#include "etcd/gateway.hpp"
#include "kube/client.hpp"
#include "model/kubernetes.hpp"
#include "operate/run.hpp"

namespace operate {

class MemberChanges {
public:
    explicit MemberChanges(const Run& run) : run_(&run) {}

    // A pod goes, if it is still the one with this UID. Errors: forbidden, and what else will not
    // pass by itself.
    [[nodiscard]] base::Result<kube::Departure> evict(const std::string& pod, const std::string& uid) const;
    [[nodiscard]] base::Result<kube::Departure> remove(const std::string& pod, const std::string& uid) const;
    // etcd's leader hands over to the member with this ID.
    [[nodiscard]] base::Result<void> move_leadership(std::uint64_t target, const etcd::Transport& leader) const;
    // So that helm can apply OnDelete: kube::Client::drop_rolling_update.
    [[nodiscard]] base::Result<void> drop_rolling_update(const model::StatefulSet& set) const;
    // So that it tries pods again now that were refused: kube::Client::wake_controller.
    [[nodiscard]] base::Result<void> wake_controller(const model::StatefulSet& set) const;

private:
    const Run* run_;
};

}  // namespace operate
