#include "plan/placement.hpp"

#include <algorithm>
#include <optional>

#include "model/quantity.hpp"
#include "plan/case.hpp"

namespace plan {
namespace {

// "key In [a, b]" and its like, of a label or (metadata.name alone) of a field. `value`: nothing when it is not there.
bool holds(const Json& requirement, const std::optional<std::string>& value) {
    const auto& values = at(requirement, "values");
    const auto is_among = [&] {
        return value && std::ranges::any_of(values, [&](const Json& one) { return text(one) == *value; });
    };
    // Both sides are integers, else it holds for nobody.
    const auto compares = [&](auto comparison) {
        const auto ours = value ? number(Json(*value)) : std::nullopt;
        const auto asked = values.size() == 1 && values.is_array() ? number(values[0]) : std::nullopt;
        return ours && asked && comparison(*ours, *asked);
    };
    const auto way = text(at(requirement, "operator"));
    return way == "In"             ? is_among()
           : way == "NotIn"        ? !is_among()
           : way == "Exists"       ? value.has_value()
           : way == "DoesNotExist" ? !value
           : way == "Gt"           ? compares(std::greater<>())
           : way == "Lt"           ? compares(std::less<>())
                                   : true;  // one that we do not know keeps nobody off
}

std::optional<std::string> label(const model::Node& node, const std::string& key) {
    const auto found = node.labels.find(key);
    return found == node.labels.end() ? std::nullopt : std::optional(found->second);
}

// All requirements of a term; one that asks for nothing matches no node.
bool matches(const Json& term, const model::Node& node) {
    const auto& labels = at(term, "matchExpressions");
    const auto& fields = at(term, "matchFields");
    return !(labels.empty() && fields.empty()) && std::ranges::all_of(labels, [&](const Json& one) {
        return holds(one, label(node, text(at(one, "key"))));
    }) && std::ranges::all_of(fields, [&](const Json& one) { return holds(one, node.name); });
}

bool tolerates(const Json& pod, const model::Taint& taint) {
    return std::ranges::any_of(at(pod, "tolerations"), [&taint](const Json& one) {
        const auto key = text(at(one, "key"));
        const auto effect = text(at(one, "effect"));
        const bool any_value = text(at(one, "operator")) == "Exists";
        return (effect.empty() || effect == taint.effect) && ((key.empty() && any_value) || key == taint.key) &&
               (any_value || text(at(one, "value")) == taint.value);
    });
}

// Whether an empty node of that size would hold it. A size that cannot be read holds everything.
bool is_large_enough(const model::Node& node, const Json& pod) {
    std::uint64_t cpu = 0;
    std::uint64_t memory = 0;
    for (const auto& container : at(pod, "containers")) {
        cpu += model::parse_milli_quantity(text(at(container, "resources.requests.cpu"))).value_or(0);
        memory += model::parse_quantity(text(at(container, "resources.requests.memory"))).value_or(0);
    }
    return cpu <= model::parse_milli_quantity(node.cpu).value_or(UINT64_MAX) &&
           memory <= model::parse_quantity(node.memory).value_or(UINT64_MAX);
}

}  // namespace

bool has_wanted_labels(const model::Node& node, const Json& pod) {
    const auto& terms =
        at(pod, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
    return are_among(at(pod, "nodeSelector"), node.labels) &&
           (terms.is_null() || std::ranges::any_of(terms, [&](const Json& term) { return matches(term, node); }));
}

bool is_open_to(const model::Node& node, const Json& pod) {
    // https://kubernetes.io/docs/reference/labels-annotations-taints/#node-kubernetes-io-unschedulable
    const model::Taint cordon{.key = "node.kubernetes.io/unschedulable", .value = {}, .effect = "NoSchedule"};
    return (!node.is_unschedulable || tolerates(pod, cordon)) &&
           std::ranges::none_of(node.taints, [&pod](const model::Taint& taint) {
               return taint.effect != "PreferNoSchedule" && !tolerates(pod, taint);
           });
}

bool may_run_on(const model::Node& node, const Json& pod) {
    return is_open_to(node, pod) && has_wanted_labels(node, pod);
}

std::string why_no_node(const std::vector<model::Node>& nodes, const Json& pod) {
    std::vector<const model::Node*> left;
    for (const auto& node : nodes) {
        left.push_back(&node);
    }
    const auto none_left = [&](auto fits) {
        std::erase_if(left, [&](const model::Node* node) { return !fits(*node, pod); });
        return left.empty();
    };
    return none_left(has_wanted_labels) ? "no node has the labels that it asks for"
           : none_left(is_open_to)      ? "each node with the labels that it asks for is cordoned, or has a taint that "
                                          "it does not tolerate"
           : none_left(is_large_enough) ? "no node that it may use is large enough"
                                        : std::string();
}

}  // namespace plan
