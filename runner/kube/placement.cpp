// What health is judged by beyond the objects that a rollout watches: disruption budgets,
// the zones of nodes, the use of volumes.
#include <algorithm>

#include "kube/client.hpp"
#include "kube/decode.hpp"
#include "kube/json.hpp"
#include "kube/transport.hpp"

namespace kube {
namespace {

using json::Value;

constexpr const char* zone_label = "topology.kubernetes.io/zone";

model::DisruptionBudget budget_of(const Value& object) {
    const Value& metadata = json::object(object, "metadata");
    const Value& selector = json::object(json::object(object, "spec"), "selector");
    const Value& status = json::object(object, "status");
    model::DisruptionBudget budget{.name = json::required_text(metadata, "name"),
                                   .has_expressions = !json::array(selector, "matchExpressions").empty(),
                                   .is_current = json::wide_integer(metadata, "generation", 0) <=
                                                 json::wide_integer(status, "observedGeneration", 0),
                                   .disruptions_allowed = json::integer(status, "disruptionsAllowed"),
                                   .current_healthy = json::integer(status, "currentHealthy"),
                                   .desired_healthy = json::integer(status, "desiredHealthy"),
                                   .expected_pods = json::integer(status, "expectedPods")};
    const Value& labels = json::object(selector, "matchLabels");
    for (auto label = labels.begin(); label != labels.end(); ++label) {
        if (!label->is_string()) {
            throw json::Malformed("a label is no text");
        }
        budget.selector.emplace(label.key(), label->get<std::string>());
    }
    return budget;
}

// Bytes are unsigned in the kubelet's API; what is missing was not measured.
std::optional<std::uint64_t> bytes_of(const Value& volume, const char* key) {
    const Value& value = json::member(volume, key);
    return value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
}

}  // namespace

base::Result<std::vector<model::DisruptionBudget>> decode_disruption_budgets(std::string_view text) {
    return json::guarded("the disruption budgets", [&] {
        const Value value = json::parse(text);
        std::vector<model::DisruptionBudget> budgets;
        for (const Value& item : json::array(value, "items")) {
            budgets.push_back(budget_of(item));
        }
        return budgets;
    });
}

base::Result<std::vector<model::VolumeUse>> decode_volume_use(std::string_view text, std::string_view namespace_name) {
    return json::guarded("the kubelet's summary", [&] {
        const Value value = json::parse(text);
        std::vector<model::VolumeUse> uses;
        for (const Value& pod : json::array(value, "pods")) {
            for (const Value& volume : json::array(pod, "volume")) {
                const Value& claim = json::object(volume, "pvcRef");
                const auto capacity = bytes_of(volume, "capacityBytes");
                const auto available = bytes_of(volume, "availableBytes");
                if (claim.is_object() && json::text(claim, "namespace") == namespace_name && capacity && available) {
                    uses.push_back({.claim = json::text(claim, "name"),
                                    .capacity = *capacity,
                                    .available = std::min(*available, *capacity)});
                }
            }
        }
        return uses;
    });
}

// Each is asked for once: nothing depends on these answers, and nobody shall wait for them.
base::Result<std::vector<model::DisruptionBudget>> Client::disruption_budgets(const std::string& namespace_name,
                                                                              const Scope& scope) const {
    const auto path = "/apis/policy/v1/namespaces/" + percent_encoded(namespace_name) + "/poddisruptionbudgets";
    TRY_ASSIGN(const auto response, ask_once(http_, request_to(connection_, "GET", path), "reading them", scope));
    return decode_disruption_budgets(response.body);
}

base::Result<std::string> Client::zone_of_node(const std::string& node, const Scope& scope) const {
    // A node's list of images is long.
    const auto request =
        accepting(metadata_only, request_to(connection_, "GET", "/api/v1/nodes/" + percent_encoded(node)));
    TRY_ASSIGN(const auto response, ask_once(http_, request, "reading node " + node, scope));
    return json::guarded("the node", [&] {
        const auto parsed = json::parse(response.body);
        return json::text(json::object(json::object(parsed, "metadata"), "labels"), zone_label);
    });
}

base::Result<model::Condition> Client::readiness_of_node(const std::string& node, const Scope& scope) const {
    const auto request = request_to(connection_, "GET", "/api/v1/nodes/" + percent_encoded(node));
    TRY_ASSIGN(const auto response, ask_once(http_, request, "reading node " + node, scope));
    return decode_node_readiness(response.body);
}

base::Result<std::vector<model::VolumeUse>> Client::volume_use(const std::string& node,
                                                               const std::string& namespace_name,
                                                               const Scope& scope) const {
    const auto path = "/api/v1/nodes/" + percent_encoded(node) + "/proxy/stats/summary";
    TRY_ASSIGN(const auto response,
               ask_once(http_, request_to(connection_, "GET", path), "asking the kubelet of " + node, scope));
    return decode_volume_use(response.body, namespace_name);
}

}  // namespace kube
