// How many members there are, and where they can run.
#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "plan/case.hpp"
#include "plan/placement.hpp"
#include "plan/rule.hpp"
#include "rollout/quorum_guard.hpp"

namespace plan {
namespace {

std::string counted(std::int64_t number, const std::string& noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::vector<Found> set_that_goes(const Case& it) {
    const auto& live = it.facts.set;
    if (!live || it.facts.objects.empty() || it.set != nullptr) {
        return {};
    }
    return {{.message = "the chart would delete StatefulSet " + live->meta.name + ", in which etcd runs",
             .why = "all its members would be gone at once",
             .hint = "give it its name again (fullnameOverride, nameOverride, the name of the release); to move "
                     "etcd to another name take a backup, uninstall, and restore",
             .value = "fullnameOverride"}};
}

std::vector<Found> changed_number(const Case& it) {
    // Back to what was verified is no scaling: somebody has changed it (kubectl scale), and etcd has not.
    if (!it.facts.set || it.set == nullptr || it.facts.set->replicas == it.replicas() ||
        it.facts.verified_members == it.replicas()) {
        return {};
    }
    const auto live = it.facts.set->replicas;
    return {
        {.message = "the number of members would change from " + std::to_string(live) + " to " +
                    std::to_string(it.replicas()) + ", and Kubernetes would do that without etcd",
         .why = it.replicas() < live ? "the pods go at once, etcd counts " + counted(live, "member") +
                                           " as before, and the quorum may be lost"
                                     : "pods that nobody has added to etcd do not get into it",
         .hint = "leave the number as it is (replicaCount: " + std::to_string(live) + "): scale is not supported yet",
         .value = "replicaCount"}};
}

std::vector<Found> even_number(const Case& it) {
    if (it.set == nullptr || it.replicas() == 0 || it.replicas() % 2 != 0) {
        return {};
    }
    const auto quorum = static_cast<std::int64_t>(rollout::quorum_of(static_cast<std::size_t>(it.replicas())));
    return {{.message = std::to_string(it.replicas()) + " members are an even number",
             .why = "a quorum of them is " + std::to_string(quorum) + ": no more may fail than of " +
                    std::to_string(it.replicas() - 1) + ", and there is one more that can",
             .hint = "replicaCount: " + std::to_string(it.replicas() - 1) + " or " + std::to_string(it.replicas() + 1),
             .value = "replicaCount"}};
}

std::vector<Found> no_member(const Case& it) {
    if (it.set == nullptr || it.replicas() != 0) {
        return {};
    }
    return {{.message = "there would be no member at all",
             .why = "nothing would serve",
             .hint = "replicaCount: 3; to stop etcd and keep its volumes, uninstall it",
             .value = "replicaCount"}};
}

std::vector<Found> single_member(const Case& it) {
    if (it.set == nullptr || it.replicas() != 1) {
        return {};
    }
    return {
        {.message = "etcd would have a single member",
         .why =
             "each change of it, and each failure of its node, is an outage; nothing holds a second copy of the data",
         .hint = "replicaCount: 3; for a test cluster allow: single-member",
         .value = "replicaCount"}};
}

// The topology in which no two members may be: "kubernetes.io/hostname". Empty: they may.
std::string kept_apart_by(const Case& it) {
    const auto labels = labels_of(it.set_field("spec.template.metadata.labels"));
    for (const auto& term : at(it.set_field("spec.template.spec.affinity"),
                               "podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution")) {
        const auto& selector = at(term, "labelSelector.matchLabels");
        if (selector.is_object() && !selector.empty() && are_among(selector, labels)) {
            return text(at(term, "topologyKey"));
        }
    }
    return {};
}

std::vector<Found> too_few_nodes(const Case& it) {
    const auto apart = it.set == nullptr ? std::string() : kept_apart_by(it);
    const bool needs_a_node = it.forecast && (!it.forecast->created.empty() || !it.forecast->restarts.empty());
    if (apart.empty() || !it.facts.nodes || !needs_a_node) {
        return {};
    }
    std::set<std::string> places;
    for (const auto& node : *it.facts.nodes) {
        const auto label = node.labels.find(apart);
        if (label != node.labels.end() && may_run_on(node, it.set_field("spec.template.spec"))) {
            places.insert(label->second);
        }
    }
    const auto room = static_cast<std::int64_t>(places.size());
    if (room >= it.replicas()) {
        return {};
    }
    const bool by_node = apart == "kubernetes.io/hostname";
    return {{.message = counted(it.replicas(), "member") + " may not share a " +
                        (by_node ? std::string("node") : apart) + ", and there " + (room == 1 ? "is " : "are ") +
                        counted(room, by_node ? "node" : "of it") + " on which one can run",
             .why = "the scheduler would leave " + counted(it.replicas() - room, "member") + " pending",
             .hint = "podAntiAffinityPreset: soft, or more nodes (cordoned and tainted ones do not count)",
             .value = "podAntiAffinityPreset"}};
}

// Of the PodDisruptionBudgets that the chart has: how many members it keeps. Nothing: it does not count ours, or says
// nothing.
std::optional<std::int64_t> kept_by(const Json& budget, std::int64_t members) {
    const auto amount = [members](const Json& value) -> std::optional<std::int64_t> {
        auto written = text(value);
        if (written.ends_with('%')) {
            written.pop_back();
            const auto percent = number(Json(written));
            return percent ? std::optional((members * *percent + 99) / 100)
                           : std::nullopt;  // rounded up, as Kubernetes does
        }
        return number(value);
    };
    if (auto least = amount(at(budget, "spec.minAvailable"))) {
        return least;
    }
    if (const auto most = amount(at(budget, "spec.maxUnavailable"))) {
        return members - *most;
    }
    return std::nullopt;
}

bool counts_members(const Json& budget, const Case& it) {
    return are_among(at(budget, "spec.selector.matchLabels"), labels_of(it.set_field("spec.template.metadata.labels")));
}

// For each budget of the chart that counts the members: its name, and how many it keeps.
std::vector<std::pair<std::string, std::int64_t>> budgets_of(const Case& it) {
    std::vector<std::pair<std::string, std::int64_t>> budgets;
    for (const auto& one : it.objects) {
        if (it.set == nullptr || one.trial.object.kind != "PodDisruptionBudget" || !counts_members(one.wanted, it)) {
            continue;
        }
        if (const auto kept = kept_by(one.wanted, it.replicas())) {
            budgets.emplace_back(one.trial.object.name, *kept);
        }
    }
    return budgets;
}

std::string budget_value(const Case& it) {
    return it.user_sets("pdb.maxUnavailable") ? "pdb.maxUnavailable" : "pdb.minAvailable";
}

std::vector<Found> eviction_is_blocked(const Case& it) {
    std::vector<Found> found;
    for (const auto& [name, kept] : budgets_of(it)) {
        if (kept >= it.replicas() && it.replicas() > 1) {  // of one, single-member tells
            found.push_back({.message = "PodDisruptionBudget " + name + " would keep all " +
                                        counted(it.replicas(), "member") + ": no eviction is ever allowed",
                             .why = "nodes cannot be drained, and no member can be replaced",
                             .hint = "leave pdb.minAvailable and pdb.maxUnavailable empty: the quorum is kept then",
                             .value = budget_value(it)});
        }
    }
    return found;
}

std::vector<Found> quorum_is_not_kept(const Case& it) {
    std::vector<Found> found;
    const auto quorum = static_cast<std::int64_t>(rollout::quorum_of(static_cast<std::size_t>(it.replicas())));
    for (const auto& [name, kept] : budgets_of(it)) {
        if (kept < quorum && it.replicas() > 1) {
            found.push_back({.message = "PodDisruptionBudget " + name + " would keep only " +
                                        counted(std::max<std::int64_t>(kept, 0), "member") + ", a quorum is " +
                                        std::to_string(quorum),
                             .why = "a drain of nodes may take the quorum away, and etcd stands still",
                             .hint = "leave pdb.minAvailable and pdb.maxUnavailable empty: the quorum is kept then",
                             .value = budget_value(it)});
        }
    }
    return found;
}

// Somebody else's, over the same pods. https://kubernetes.io/docs/tasks/run-application/configure-pdb/
std::vector<Found> foreign_budget(const Case& it) {
    std::vector<Found> found;
    if (!it.facts.budgets || it.set == nullptr) {
        return found;
    }
    const auto labels = labels_of(it.set_field("spec.template.metadata.labels"));
    const bool has_own = !budgets_of(it).empty();
    for (const auto& budget : *it.facts.budgets) {
        const bool is_own = std::ranges::any_of(it.objects, [&budget](const Tried& one) {
            return one.trial.object == model::ObjectName{.kind = "PodDisruptionBudget", .name = budget.name};
        });
        const bool allows_none = budget.is_current && budget.disruptions_allowed == 0 &&
                                 budget.current_healthy >= budget.expected_pods && it.replicas() > 1;
        if (is_own || budget.has_expressions || !selects(budget, labels) || !(has_own || allows_none)) {
            continue;
        }
        found.push_back(
            {.message =
                 has_own ? "PodDisruptionBudget " + budget.name + " counts the members as well as the chart's own does"
                         : "PodDisruptionBudget " + budget.name + " allows none of the members to go, and all are well",
             .why =
                 has_own
                     ? "of a pod that two budgets count Kubernetes evicts none at all: no node can be drained, and no "
                       "member replaced"
                     : "nodes cannot be drained, and no member can be replaced",
             .hint = has_own ? "delete one of the two, or pdb.create: false" : "let it keep a quorum and no more",
             .value = has_own ? "pdb.create" : ""});
    }
    return found;
}

constexpr std::array rules{
    Rule{"set-removed", blocks, "the chart has no StatefulSet of the name in which etcd runs", set_that_goes},
    Rule{"member-count", blocks, "`replicaCount` is not what it is: scaling is not supported yet", changed_number},
    Rule{"no-member", blocks, "`replicaCount` is 0", no_member},
    Rule{"even-members", blocks, "`replicaCount` is even", even_number},
    Rule{"single-member", blocks, "`replicaCount` is 1", single_member},
    Rule{"too-few-nodes", blocks, "members may not share a node, and there are fewer nodes for them than members",
         too_few_nodes},
    Rule{"pdb-blocks-eviction", blocks, "the PodDisruptionBudget allows no eviction at all", eviction_is_blocked},
    Rule{"pdb-foreign", blocks, "another PodDisruptionBudget counts the members, too, or lets none of them go",
         foreign_budget},
    Rule{"pdb-allows-quorum-loss", blocks, "the PodDisruptionBudget keeps fewer members than a quorum",
         quorum_is_not_kept},
};

}  // namespace

std::span<const Rule> member_rules() {
    return rules;
}

}  // namespace plan
