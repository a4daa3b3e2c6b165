#include "plan/removal.hpp"

#include <utility>

#include "base/text.hpp"
#include "plan/case.hpp"
#include "plan/questions.hpp"

namespace plan {
namespace {

using model::ObjectChange;

std::string command_for(const Removal& removal, const model::ObjectName& object) {
    return "kubectl delete --namespace " + base::shell_word(removal.namespace_name) + " " +
           base::shell_word(base::lower(object.kind)) + " " + base::shell_word(object.name);
}

ObjectChange staying(const Removal& removal, model::ObjectName object, std::string note) {
    auto command = command_for(removal, object);
    return {.kind = ObjectChange::Kind::stay,
            .object = std::move(object),
            .fields = {},
            .note = std::move(note),
            .command = std::move(command)};
}

// What is there from before, or is made by the removal itself; unless helm deletes it when it has succeeded.
bool stays(const Trial& hook) {
    const auto object = parse_object(hook.manifest).value_or(Json());
    const bool runs = annotation(object, "helm.sh/hook").contains("-delete");
    return runs ? !annotation(object, "helm.sh/hook-delete-policy").contains("hook-succeeded") : !hook.live.empty();
}

}  // namespace

base::Result<model::Plan> plan_removal(const Removal& removal) {
    model::Plan plan;
    std::vector<ObjectChange> staying_objects;
    for (const auto& trial : removal.objects) {
        if (is_kept(trial.manifest)) {
            staying_objects.push_back(staying(removal, trial.object, "the chart asks helm to keep it"));
        } else {
            plan.objects.push_back({.kind = ObjectChange::Kind::remove, .object = trial.object, .fields = {}});
        }
    }
    for (const auto& hook : removal.hooks) {
        if (stays(hook)) {
            staying_objects.push_back(staying(removal, hook.object, "of a hook of the chart: helm leaves it"));
        }
    }
    for (const auto& claim : removal.claims) {
        model::ObjectName name{.kind = "PersistentVolumeClaim", .name = claim.meta.name};
        if (removal.data == Data::deleted) {
            plan.objects.push_back({.kind = ObjectChange::Kind::remove, .object = std::move(name), .fields = {}});
        } else {
            staying_objects.push_back(
                staying(removal, std::move(name),
                        "etcd's data" + (claim.capacity.empty() ? std::string() : ", " + claim.capacity)));
        }
    }
    if (removal.data == Data::kept && !removal.claims.empty()) {
        staying_objects.push_back(staying(removal, {.kind = "ConfigMap", .name = removal.own_name},
                                          "the record of whose data the volumes hold"));
    }
    for (auto& object : staying_objects) {
        plan.objects.push_back(std::move(object));
    }
    return plan;
}

}  // namespace plan
