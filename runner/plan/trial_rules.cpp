// What the API server said to a dry run: what helm would run into, after it has applied the objects before.
#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "model/quantity.hpp"
#include "plan/case.hpp"
#include "plan/rule.hpp"

namespace plan {
namespace {

std::string name_of(const Trial& trial) {
    return trial.object.kind + " " + trial.object.name;
}

// What the API server lets nobody change in a StatefulSet.
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
constexpr std::array immutable_in_a_set{"spec.serviceName", "spec.podManagementPolicy", "spec.selector",
                                        "spec.volumeClaimTemplates"};

// Kubernetes' answer to OnDelete for a set whose `rollingUpdate` somebody else owns.
bool is_held_by_partition(const Case& it, const Trial& trial) {
    return it.facts.is_orchestrated && it.facts.set && it.facts.set->partition != 0 &&
           trial.object.kind == "StatefulSet" && trial.refusal.contains("updateStrategy.rollingUpdate") &&
           trial.refusal.contains("only allowed for updateStrategy");
}

bool is_size(std::string_view path) {
    return path.starts_with("spec.volumeClaimTemplates") && path.ends_with("resources.requests.storage");
}

// The fields that nobody may change and that the chart sets otherwise. The size of volumes has rules of its own.
std::vector<model::FieldChange> immutable_changes(const Tried& tried) {
    std::vector<model::FieldChange> changes;
    if (tried.trial.object.kind != "StatefulSet" || tried.trial.refusal.empty()) {
        return changes;
    }
    std::ranges::copy_if(tried.change.fields, std::back_inserter(changes), [](const model::FieldChange& field) {
        return !is_size(field.path) && std::ranges::any_of(immutable_in_a_set, [&field](std::string_view path) {
            return field.path.starts_with(path);
        });
    });
    return changes;
}

bool resizes(const Tried& tried) {
    return tried.trial.object.kind == "StatefulSet" && std::ranges::any_of(tried.change.fields, [](const auto& field) {
               return is_size(field.path) && model::parse_quantity(field.before.value_or("")) !=
                                                 model::parse_quantity(field.after.value_or(""));
           });
}

std::vector<Found> immutable_field(const Case& it) {
    std::vector<Found> found;
    for (const auto& one : it.objects) {
        std::vector<std::string> texts;
        for (const auto& field : immutable_changes(one)) {
            texts.push_back(field.path + " (" + field.before.value_or("not set") + " → " +
                            field.after.value_or("not set") + ")");
        }
        if (!texts.empty()) {
            found.push_back(
                {.message = name_of(one.trial) + ": " + base::join(texts, ", ") + " cannot be changed in place",
                 .why = "Kubernetes refuses the whole change; helm would end with an error",
                 .hint = "undo it in the values. To change it for good: kubectl delete statefulset " +
                         one.trial.object.name +
                         " --cascade=orphan (the pods run on) and deploy again, when only the set's own "
                         "fields differ; else take a backup, uninstall, and restore",
                 .value = {}});
        }
    }
    return found;
}

// https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
constexpr std::array admission_says{"admission webhook ", "ValidatingAdmissionPolicy "};

bool is_webhook(const std::string& refusal) {
    if (refusal.contains("failed calling webhook")) {
        return true;
    }
    return refusal.contains("denied") &&
           std::ranges::any_of(admission_says, [&refusal](const char* says) { return refusal.contains(says); });
}

bool is_quota(const std::string& refusal) {
    return refusal.contains("exceeded quota") || refusal.contains("must specify") || refusal.contains("failed quota");
}

bool is_number_for_text(const std::string& refusal) {
    return refusal.contains("expected string") || refusal.contains("cannot unmarshal number into Go") ||
           refusal.contains("cannot unmarshal bool into Go");
}

// The objects, and a pod of the StatefulSet by itself.
std::vector<const Trial*> refused(const Case& it) {
    std::vector<const Trial*> trials;
    for (const auto& one : it.objects) {
        if (!one.trial.refusal.empty()) {
            trials.push_back(&one.trial);
        }
    }
    // Beside pods that are there it is one too many; when one is replaced it goes first. Rule "quota" counts.
    const bool is_one_too_many =
        it.facts.pod && !it.facts.pods.empty() && it.facts.pod->refusal.contains("exceeded quota");
    if (it.facts.pod && !it.facts.pod->refusal.empty() && !is_one_too_many) {
        trials.push_back(&*it.facts.pod);
    }
    return trials;
}

std::vector<Found> webhook_denies(const Case& it) {
    std::vector<Found> found;
    for (const auto* trial : refused(it)) {
        if (is_webhook(trial->refusal)) {
            found.push_back({.message = "admission in the cluster denies " + name_of(*trial) + ": " + trial->refusal,
                             .why = "helm, or the StatefulSet's controller, would run into it",
                             .hint = "do what it asks for, in the values; or have whoever runs it make an exception",
                             .value = {}});
        }
    }
    return found;
}

std::vector<Found> over_quota(const Case& it) {
    std::vector<Found> found;
    for (const auto* trial : refused(it)) {
        if (is_quota(trial->refusal) && !is_webhook(trial->refusal)) {
            found.push_back(
                {.message = "a quota of the namespace does not take " + name_of(*trial) + ": " + trial->refusal,
                 .why = "the StatefulSet's controller could make no such pod, and would try for ever",
                 .hint = "set what it asks for (resources.requests, resources.limits), or have the quota raised",
                 .value = "resources"});
        }
    }
    return found;
}

std::vector<Found> number_for_text(const Case& it) {
    std::vector<Found> found;
    for (const auto* trial : refused(it)) {
        if (is_number_for_text(trial->refusal)) {
            found.push_back(
                {.message = name_of(*trial) + " has a number or a truth value where a text belongs: " + trial->refusal,
                 .why = "the API server refuses it; helm would end after it has applied the objects before it",
                 .hint = "put it into quotes in the values file, or give it with set-string instead of set",
                 .value = {}});
        }
    }
    return found;
}

std::vector<Found> other_refusal(const Case& it) {
    std::vector<Found> found;
    for (const auto* trial : refused(it)) {
        const bool is_right = trial->refusal.contains(" cannot ") && trial->refusal.contains(" resource ");
        if (is_webhook(trial->refusal) || is_quota(trial->refusal) || is_number_for_text(trial->refusal) ||
            (is_right && !it.facts.missing_rights.empty())) {
            continue;
        }
        const auto tried = std::ranges::find(it.objects, trial, [](const Tried& one) { return &one.trial; });
        if (tried != it.objects.end() && (!immutable_changes(*tried).empty() || resizes(*tried))) {
            continue;  // told by a rule of its own
        }
        if (is_held_by_partition(it, *trial)) {
            found.push_back(
                {.message = name_of(*trial) + " has a rollingUpdate.partition that somebody has set beside helm: " +
                            "the members below it are held back on purpose",
                 .why = "the runner replaces members only in a set that is OnDelete, which the cluster does not take "
                        "beside it: " +
                        trial->refusal,
                 .hint =
                     "rollout: native leaves it to Kubernetes, and the partition as it is. To give it up, without "
                     "a restart: kubectl patch statefulset " +
                     base::shell_word(trial->object.name) + " -n " + base::shell_word(it.facts.request.namespace_name) +
                     R"( --type=json -p '[{"op":"replace","path":"/spec/updateStrategy","value":{"type":"OnDelete"}}]')"
                     " (should updateStrategy be set in the values later, allow: field-taken takes the field back)",
                 .value = {}});
            continue;
        }
        found.push_back({.message = "the cluster would not take " + name_of(*trial) + ": " + trial->refusal,
                         .why = "helm would end with this error, after it has applied the objects before it",
                         .hint = trial->hint.empty() ? "correct what the message names, in the values or in the cluster"
                                                     : trial->hint,
                         .value = {}});
    }
    return found;
}

std::vector<Found> field_taken(const Case& it) {
    std::vector<Found> found;
    for (const auto& one : it.objects) {
        for (const auto& field : one.trial.taken) {
            found.push_back(
                {.message = name_of(one.trial) + ": " + field.path + " was set by " + field.manager +
                            ", and the chart wants it otherwise",
                 .why = "helm does not overwrite what somebody else has set; it would end with a conflict",
                 .hint = "find out who set it and why (kubectl get KIND NAME -o yaml --show-managed-fields); allow: "
                         "field-taken takes it back, or give the value the same",
                 .value = field.path == ".spec.replicas" ? "replicaCount" : ""});
        }
    }
    return found;
}

std::vector<Found> deprecated(const Case& it) {
    std::vector<Found> found;
    for (const auto& one : it.objects) {
        for (const auto& warning : one.trial.warnings) {
            found.push_back({.message = "the API server warns of " + name_of(one.trial) + ": " + warning,
                             .why = "it is taken now; a later Kubernetes may refuse it, or it has no effect",
                             .hint = "have the chart say it the newer way",
                             .value = {}});
        }
    }
    return found;
}

constexpr std::array rules{
    Rule{"immutable-field", blocks, "a field of a StatefulSet that cannot change in place would", immutable_field},
    Rule{"webhook-denies", blocks, "an admission webhook or policy denies an object, or the members' pods",
         webhook_denies},
    Rule{"quota-exceeded", blocks, "a ResourceQuota or LimitRange does not take the members' pods", over_quota},
    Rule{"string-expected", blocks, "a number stands where the API wants a text (an annotation, a label)",
         number_for_text},
    Rule{"refused-by-cluster", blocks, "the API server refuses an object for another reason", other_refusal},
    Rule{"field-taken", blocks, "somebody else has set a field that the chart sets otherwise", field_taken},
    Rule{"api-warning", warns, "the API server warns of an object: deprecated, or without effect", deprecated},
};

}  // namespace

std::span<const Rule> trial_rules() {
    return rules;
}

}  // namespace plan
