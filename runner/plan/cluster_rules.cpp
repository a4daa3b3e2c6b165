// Whether the cluster, and what the user may do in it, allow it at all.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "model/quantity.hpp"
#include "plan/case.hpp"
#include "plan/rule.hpp"

namespace plan {
namespace {

std::string right_text(const MissingRight& right) {
    return base::join(right.verbs, ", ") + " " + right.resource + (right.group.empty() ? "" : "." + right.group);
}

std::vector<Found> missing_rights(const Case& it) {
    if (it.facts.missing_rights.empty()) {
        return {};
    }
    std::vector<std::string> rights;
    for (const auto& right : it.facts.missing_rights) {
        rights.push_back(right_text(right));
    }
    return {{.message = "the user lacks rights in the namespace: " + base::join(rights, "; "),
             .why = "the deployment would end half way, at the first thing that is forbidden",
             .hint = "have the Role below applied, and bound to the user (docs/rights.md)",
             .value = {}}};
}

// "v1.37.2" -> 1037
std::optional<int> minor_version(std::string_view version) {
    if (version.starts_with('v')) {
        version.remove_prefix(1);
    }
    int major = 0;
    int minor = 0;
    const auto* const end = version.data() + version.size();
    const auto [dot, error] = std::from_chars(version.data(), end, major);
    if (error != std::errc() || dot == end || *dot != '.') {
        return std::nullopt;
    }
    const auto [rest, other_error] = std::from_chars(dot + 1, end, minor);
    return other_error == std::errc() && major >= 0 && minor >= 0 ? std::optional(major * 1000 + minor) : std::nullopt;
}

// Field validation by the server, and resource versions that can be compared, are there since then.
constexpr int oldest_kubernetes = 1028;

std::vector<Found> too_old(const Case& it) {
    const auto version = minor_version(it.facts.kubernetes_version);
    if (!version || *version >= oldest_kubernetes) {
        return {};
    }
    return {{.message = "Kubernetes is " + it.facts.kubernetes_version + ", and has to be 1.28 or newer",
             .why = "what the runner relies on (server-side apply as helm 4 does it) is not complete before",
             .hint = "upgrade the cluster",
             .value = {}}};
}

// What one pod of the StatefulSet counts for in a quota; nothing: this name counts something else.
std::optional<std::uint64_t> counted_for(const std::string& name, const Json& pod, const Json& set) {
    const auto sum = [&pod](const char* path, auto parse) {
        std::uint64_t all = 0;
        for (const auto& container : at(pod, "containers")) {
            all += parse(text(at(container, path))).value_or(0);
        }
        return all;
    };
    if (name == "pods" || name == "count/pods") {
        return 1;
    }
    if (name == "requests.cpu" || name == "cpu") {
        return sum("resources.requests.cpu", model::parse_milli_quantity);
    }
    if (name == "limits.cpu") {
        return sum("resources.limits.cpu", model::parse_milli_quantity);
    }
    if (name == "requests.memory" || name == "memory") {
        return sum("resources.requests.memory", model::parse_quantity);
    }
    if (name == "limits.memory") {
        return sum("resources.limits.memory", model::parse_quantity);
    }
    const auto& templates = at(set, "spec.volumeClaimTemplates");
    if (name == "persistentvolumeclaims" || name == "count/persistentvolumeclaims") {
        return templates.size();
    }
    if (name == "requests.storage") {
        std::uint64_t all = 0;
        for (const auto& one : templates) {
            all += model::parse_quantity(text(at(one, "spec.resources.requests.storage"))).value_or(0);
        }
        return all;
    }
    return std::nullopt;
}

bool is_cpu(const std::string& name) {
    return name.ends_with("cpu");
}

// For members that are not there yet: those that are have been counted, and one that is replaced goes first.
std::vector<Found> quota_too_small(const Case& it) {
    std::vector<Found> found;
    if (it.set == nullptr || !it.facts.quotas || !it.forecast || it.forecast->created.empty()) {
        return found;
    }
    const auto members = it.forecast->created.size();
    for (const auto& quota : *it.facts.quotas) {
        for (const auto& [name, limit] : quota.hard) {
            const auto each = counted_for(name, it.set_field("spec.template.spec"), it.set->wanted);
            const auto parse = is_cpu(name) ? model::parse_milli_quantity : model::parse_quantity;
            const auto used = quota.used.find(name);
            const auto most = parse(limit);
            const auto taken = used == quota.used.end() ? std::optional<std::uint64_t>(0) : parse(used->second);
            if (quota.has_scopes || !each || !most || !taken || *taken + *each * members <= *most) {
                continue;
            }
            found.push_back(
                {.message = "quota " + quota.name + " has room for " + name + " of " + limit +
                            (used == quota.used.end() ? "" : ", of which " + used->second + " are used") +
                            ": not for " + std::to_string(members) + (members == 1 ? " more member" : " more members"),
                 .why = "the StatefulSet's controller could not make all pods, and would try for ever",
                 .hint = "have the quota raised, ask for less (resources, persistence.size), or make room",
                 .value = name.contains("storage") || name.contains("persistent") ? "persistence.size" : "resources"});
        }
    }
    return found;
}

constexpr std::array rules{
    Rule{"rights", blocks, "the user lacks rights that the deployment needs", missing_rights},
    Rule{"too-old", blocks, "Kubernetes is older than 1.28 (a helm older than 4.0 is refused before)", too_old},
    Rule{"quota", blocks, "a ResourceQuota has no room for the members that would be made", quota_too_small},
};

}  // namespace

std::span<const Rule> cluster_rules() {
    return rules;
}

}  // namespace plan
