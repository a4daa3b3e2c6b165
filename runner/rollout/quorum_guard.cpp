#include "rollout/quorum_guard.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rollout {
namespace {

std::string troubles_of(const std::vector<const Voter*>& ill) {
    std::vector<std::string> texts;
    for (const auto* voter : ill) {
        texts.push_back(voter->name + (voter->trouble.empty() ? " is not well" : ": " + voter->trouble));
    }
    return base::join(texts, "; ");
}

// "of 3 members 2 would be well, which is a quorum"
std::string what_is_left(std::size_t well, std::size_t voters) {
    return std::to_string(well) + " of " + std::to_string(voters) + " members would be left, " +
           (well >= quorum_of(voters) ? "which is just a quorum" : "which is no quorum: etcd would serve nothing");
}

}  // namespace

bool runs(const model::Pod& pod) {
    const auto is_up = [](const auto& container) { return container.is_init || container.running; };
    const auto is_main = [](const auto& container) { return !container.is_init; };
    return std::ranges::any_of(pod.containers, is_main) && std::ranges::all_of(pod.containers, is_up);
}

Permission may_be_taken_down(const std::vector<Voter>& voters, const std::string& name, QuorumRisk risk) {
    const auto self = std::ranges::find(voters, name, &Voter::name);
    if (self == voters.end()) {
        return {.is_given = true};
    }
    std::vector<const Voter*> ill;
    for (const auto& voter : voters) {
        if (!voter.is_well && voter.name != name) {
            ill.push_back(&voter);
        }
    }
    const std::size_t others_well = voters.size() - 1 - ill.size();
    const bool leaves_quorum = others_well >= quorum_of(voters.size());
    const bool may_vote = self->is_ready || (self->runs && others_well > 0);
    if (!self->is_well && (leaves_quorum || !may_vote)) {
        return {.is_given = true};
    }
    if (self->is_well && ill.empty()) {
        const bool is_outage = !leaves_quorum;
        return {.is_given = true,
                .note = !is_outage ? ""
                        : voters.size() == 1
                            ? "etcd is away until its only member is back"
                            : "etcd serves nothing until " + name + " is back: two members tolerate no failure"};
    }
    if (!self->is_well) {
        ill.push_back(&*self);
    }
    const std::string state = troubles_of(ill);
    if (risk == QuorumRisk::taken) {
        return {.is_given = true,
                .risk = name + " is taken down although not every other member is well (" + state +
                        "; force-quorum-risk): " + what_is_left(others_well, voters.size())};
    }
    return {.reason = name + " may not be taken down: " + state + "; without " + name + " " +
                      what_is_left(others_well, voters.size()),
            .hint =
                "bring the member that is not well back first (etcd-deploy diagnose tells what is wrong with it), "
                "then run it again; force-quorum-risk: true takes " +
                name + " down all the same"};
}

}  // namespace rollout
