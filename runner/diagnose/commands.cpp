#include "diagnose/commands.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "rollout/revision.hpp"

namespace diagnose {
namespace {

using base::shell_word;

// Where the operations README keeps it.
constexpr std::string_view values_file = "deployments/etcd/values.yaml";

// A member that answers, else the first whose container runs, else the first there must be.
std::string working_pod(const Facts& facts) {
    if (facts.answers) {
        for (const auto& member : *facts.answers) {
            if (member.linearizable_read) {
                return member.pod;
            }
        }
        for (const auto& member : *facts.answers) {
            if (member.status) {
                return member.pod;
            }
        }
    }
    for (const auto* pod : facts.members()) {
        if (std::ranges::any_of(pod->containers, &model::ContainerStatus::running)) {
            return pod->meta.name;
        }
    }
    return facts.set_name + "-0";
}

const model::ListedMember* listed_as(const Facts& facts, const std::string& name) {
    if (facts.answers) {
        for (const auto& member : *facts.answers) {
            if (!member.members) {
                continue;
            }
            const auto found = std::ranges::find(*member.members, name, &model::ListedMember::name);
            if (found != member.members->end()) {
                return &*found;
            }
        }
    }
    return nullptr;
}

}  // namespace

std::string kubectl(const Facts& facts, std::string_view rest) {
    return "kubectl -n " + shell_word(facts.namespace_name) + " " + std::string(rest);
}

std::string etcdctl(const Facts& facts, std::string_view rest, const std::string& pod) {
    return kubectl(facts, "exec " + shell_word(pod.empty() ? working_pod(facts) : pod) + " -c " +
                              shell_word(facts.container) + " -- etcdctl " + std::string(rest));
}

std::vector<std::string> left_claims(const Facts& facts) {
    std::vector<std::string> names;
    for (const auto& [name, claim] : facts.view.claims()) {
        const auto instance = claim.meta.labels.find("app.kubernetes.io/instance");
        if (instance != claim.meta.labels.end() && instance->second == facts.release) {
            names.push_back(name);
        }
    }
    return names;
}

std::string deploy_again(const Facts& facts, const std::vector<std::string>& settings) {
    const bool has_left_data =
        facts.release_state() == nullptr && facts.set() == nullptr && !left_claims(facts).empty();
    std::string text = "etcd-deploy install --namespace " + shell_word(facts.namespace_name) + " --release " +
                       shell_word(facts.release) + " --values " + std::string(values_file);
    for (const auto& setting : settings) {
        text += " --set " + shell_word(setting);
    }
    if (has_left_data) {
        text += " --leftover-data adopt";
    }
    return text;
}

std::string logs_of(const Facts& facts, const std::string& pod, const std::string& container) {
    return kubectl(facts, "logs " + shell_word(pod) + " -c " + shell_word(container) + " --previous --tail=100");
}

std::vector<std::string> roll_back(const Facts& facts, const std::string& pod) {
    const auto* set = facts.set();
    const auto members = facts.members();
    const auto sick = std::ranges::find(members, pod, [](const auto* member) { return member->meta.name; });
    if (set == nullptr || sick == members.end()) {
        return {};
    }
    const auto delete_pod = kubectl(facts, "delete pod " + shell_word(pod));
    const auto& newest = set->status.update_revision;
    if (!newest.empty() && rollout::revision_of(**sick) != newest) {
        return {delete_pod};  // what it is made of has changed since: a new one is made of that
    }
    const auto* release = facts.release_state();
    const bool is_behind =
        release != nullptr && facts.verified_revision > 0 && facts.verified_revision < release->revision;
    const bool old_ones_work = std::ranges::any_of(
        members, [&](const auto* member) { return member->ready() && rollout::revision_of(*member) != newest; });
    if (!is_behind || !old_ones_work) {
        return {};
    }
    // The controller waits for the pod of the new revision, and never replaces it by itself.
    return {"helm -n " + shell_word(facts.namespace_name) + " rollback " + shell_word(facts.release) + " " +
            std::to_string(facts.verified_revision) + " && " + delete_pod};
}

std::string claim_of(const Facts& facts, const std::string& pod) {
    const auto* set = facts.set();
    return set == nullptr || set->claim_templates.empty() ? std::string() : set->claim_templates.front() + "-" + pod;
}

std::vector<std::string> join_anew(const Facts& facts, const std::string& pod) {
    std::vector<std::string> commands;
    std::string peer = facts.peer_scheme + "://" + pod + "." +
                       (facts.set() == nullptr ? std::string() : facts.set()->service_name) + "." +
                       facts.namespace_name + ".svc.cluster.local:2380";
    if (const auto* listed = listed_as(facts, pod)) {
        commands.push_back(etcdctl(facts, "member remove " + model::hex_id(listed->id)));
        if (!listed->peer_urls.empty()) {
            peer = listed->peer_urls.front();
        }
    }
    commands.push_back(etcdctl(facts, "member add " + shell_word(pod) + " --peer-urls=" + shell_word(peer)));
    // What a member with an empty volume reads of the others; members that run do not look at it.
    commands.push_back(deploy_again(facts, {"initialClusterState=existing"}));
    if (const auto claim = claim_of(facts, pod); !claim.empty()) {
        commands.push_back(kubectl(facts, "delete pvc " + shell_word(claim) + " --wait=false"));
    }
    commands.push_back(kubectl(facts, "delete pod " + shell_word(pod)));
    return commands;
}

}  // namespace diagnose
