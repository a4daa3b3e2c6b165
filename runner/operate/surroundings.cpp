#include "operate/surroundings.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"

namespace operate {
namespace {

constexpr std::chrono::seconds patience{2};

std::unexpected<base::Error> unasked() {
    return base::fail(base::ErrorCode::bug, "not asked");
}

std::string reason_of(const base::Error& error) {
    switch (error.code) {
        case base::ErrorCode::forbidden: return "the kubeconfig's user may not read them";
        case base::ErrorCode::timed_out: return "no answer in time";
        default: return base::shorten(base::replace_all(error.text(), "\n", " "), 200);
    }
}

// One note for all nodes with the same trouble: "the zones of the nodes: … (node1, node2)".
class NodeNotes {
public:
    explicit NodeNotes(std::string what) : what_(std::move(what)) {}
    void add(const std::string& node, const base::Error& error) { nodes_[reason_of(error)].push_back(node); }
    void write(std::vector<std::string>& notes) const {
        for (const auto& [reason, names] : nodes_) {
            notes.push_back(what_ + " (" + base::join(names, ", ") + "): " + reason);
        }
    }

private:
    std::string what_;
    std::map<std::string, std::vector<std::string>> nodes_;  // by reason
};

}  // namespace

Surroundings::Surroundings(const Run& run, std::vector<std::string> nodes, CertificatePlaces certificates)
    : budgets_(unasked()) {
    const auto& kube = run.tools().kube;
    const auto& place = run.namespace_name();
    const kube::Scope scope{run.stop(), std::min(run.deadline(), run.tools().clock.now() + patience)};
    std::ranges::sort(nodes);
    const auto repeated = std::ranges::unique(nodes);
    nodes.erase(repeated.begin(), repeated.end());
    std::erase(nodes, std::string());
    for (const auto& name : nodes) {
        nodes_.push_back({.name = name, .zone = unasked(), .volumes = unasked()});
    }
    questions_.emplace_back([this, &kube, &place, scope] { budgets_ = kube.disruption_budgets(place, scope); });
    for (auto& [use, place_of_it] : certificates) {
        certificates_.push_back({.use = use, .place = std::move(place_of_it), .pem = unasked()});
    }
    for (auto& one : certificates_) {
        questions_.emplace_back([&one, &kube, &place, scope] {
            one.pem = kube.secret_value(place, one.place.secret, one.place.key, scope);
        });
    }
    for (auto& node : nodes_) {
        questions_.emplace_back([&node, &kube, scope] { node.zone = kube.zone_of_node(node.name, scope); });
        questions_.emplace_back(
            [&node, &kube, &place, scope] { node.volumes = kube.volume_use(node.name, place, scope); });
    }
}

void Surroundings::add_to(model::Observations& seen) {
    for (auto& question : questions_) {
        if (question.joinable()) {
            question.join();
        }
    }
    if (budgets_) {
        seen.budgets = *budgets_;
    } else {
        seen.notes.push_back("disruption budgets: " + reason_of(budgets_.error()));
    }
    std::set<std::string> unread;
    for (const auto& one : certificates_) {
        if (one.pem) {
            add_certificate(seen, one.use, one.place, *one.pem);
        } else {
            unread.insert(reason_of(one.pem.error()));
        }
    }
    for (const auto& reason : unread) {
        seen.notes.push_back("when the certificates that members show each other expire: " + reason);
    }
    NodeNotes zones("the zones of the nodes");
    NodeNotes volumes("the use of the volumes");
    for (const auto& node : nodes_) {
        if (!node.zone) {
            zones.add(node.name, node.zone.error());
        }
        if (!node.volumes) {
            volumes.add(node.name, node.volumes.error());
        }
    }
    std::vector<std::string> unmeasured;
    for (auto& member : seen.members) {
        const auto node = std::ranges::find(nodes_, member.node, &Node::name);
        if (node == nodes_.end()) {
            continue;
        }
        member.state.zone = node->zone.value_or("");
        if (!node->volumes || member.state.claim.empty()) {
            continue;
        }
        const auto use = std::ranges::find(*node->volumes, member.state.claim, &model::VolumeUse::claim);
        if (use != node->volumes->end()) {
            member.state.volume = *use;
        } else {
            unmeasured.push_back(member.state.claim);
        }
    }
    zones.write(seen.notes);
    volumes.write(seen.notes);
    if (!unmeasured.empty()) {
        seen.notes.push_back("the use of the volumes " + base::join(unmeasured, ", ") +
                             ": the kubelet does not tell it: not measured yet, or of a kind that it does not measure");
    }
}

}  // namespace operate
