#include "rollout/rollback_target.hpp"

#include <algorithm>
#include <string_view>

namespace rollout {
namespace {

// "3.6" of "3.6.16" and of "v3.6.16-0".
std::string_view minor(std::string_view version) {
    version.remove_prefix(version.starts_with('v') ? 1 : 0);
    const auto first = version.find('.');
    return first == std::string_view::npos ? version : version.substr(0, version.find('.', first + 1));
}

// The version of the cluster is that of its oldest member: while one of the old minor is
// left, it cannot have moved.
bool may_have_moved(const RollbackFacts& facts, const std::string& verified) {
    const auto is_old = [&](const auto& version) { return minor(version) == minor(verified); };
    if (std::ranges::any_of(facts.versions, is_old)) {
        return false;
    }
    return !facts.versions.empty() || (facts.new_has_run && minor(facts.new_version) != minor(verified));
}

RollbackTarget stay(std::string why_not, std::string way_out) {
    return {.revision = 0, .why_not = std::move(why_not), .way_out = std::move(way_out)};
}

}  // namespace

RollbackTarget rollback_target(const RollbackFacts& facts) {
    const model::VerifiedRevision* target = nullptr;
    for (const auto& verified : facts.verified) {
        const bool is_kept = std::ranges::find(facts.kept, verified.revision) != facts.kept.end();
        if (is_kept && verified.revision < facts.failed_revision) {
            target = &verified;
        }
    }
    if (target == nullptr) {
        return stay("no earlier revision of this release has been verified by etcd-deploy",
                    "correct the values and deploy again");
    }
    const auto named = "revision " + std::to_string(target->revision);
    if (target->members != facts.members) {
        return stay(named + " has " + std::to_string(target->members) + " members, this one " +
                        std::to_string(facts.members) + ": etcd's membership does not follow a rollback",
                    "correct the values, keep the number of members, and deploy again");
    }
    if (facts.cluster_id != 0 && facts.cluster_id != target->cluster_id) {
        return stay(named + " was another etcd cluster",
                    "see whether the data are still wanted; restore a backup if they are");
    }
    if (may_have_moved(facts, target->etcd_version)) {
        const auto from = std::string(minor(target->etcd_version));
        return stay(
            facts.versions.empty()
                ? "members of the failed revision have run, and nobody answers whether etcd has moved on from " + from +
                      " with them: then the older version would refuse to start"
                : "etcd has moved on from " + from + " to " + std::string(minor(facts.versions.front())) +
                      ": the older version would refuse to start",
            "go forward: correct the values for the new version, and deploy again");
    }
    if (facts.on_delete && !target->on_delete) {
        return stay(named +
                        " is of the time before the runner replaced members itself (updateStrategy RollingUpdate): "
                        "Kubernetes would replace all outdated members at once, without looking at quorum",
                    "correct the values and deploy again; from the next good deployment on there is a way back");
    }
    return {.revision = target->revision, .why_not = {}, .way_out = {}};
}

}  // namespace rollout
