#include "operate/member_changes.hpp"

namespace operate {

base::Result<kube::Departure> MemberChanges::evict(const std::string& pod, const std::string& uid) const {
    TRY(run_->before_change());
    return run_->tools().kube.evict_pod(run_->namespace_name(), pod, uid, run_->change_scope());
}

base::Result<kube::Departure> MemberChanges::remove(const std::string& pod, const std::string& uid) const {
    TRY(run_->before_change());
    return run_->tools().kube.delete_pod(run_->namespace_name(), pod, uid, run_->change_scope());
}

base::Result<void> MemberChanges::move_leadership(std::uint64_t target, const etcd::Transport& leader) const {
    TRY(run_->before_change());
    return etcd::move_leadership(target, leader);
}

base::Result<void> MemberChanges::drop_rolling_update(const model::StatefulSet& set) const {
    return run_->change([&](const kube::Scope& scope) {
        return run_->tools().kube.drop_rolling_update(run_->namespace_name(), set.meta.name, set.meta.uid, scope);
    });
}

base::Result<void> MemberChanges::wake_controller(const model::StatefulSet& set) const {
    return run_->change([&](const kube::Scope& scope) {
        return run_->tools().kube.wake_controller(run_->namespace_name(), set.meta.name, set.meta.uid, scope);
    });
}

}  // namespace operate
