// Volumes: their class, their size, and those that an earlier cluster has left.
#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "base/text.hpp"
#include "model/quantity.hpp"
#include "plan/case.hpp"
#include "plan/rule.hpp"
#include "rollout/view.hpp"

namespace plan {
namespace {

struct Template {
    std::string name;
    std::string storage_class;  // empty: none is named, the default's is meant
    bool names_none = false;    // "": only volumes that were made by hand
    std::string size;
};

std::vector<Template> templates_of(const Json& set) {
    std::vector<Template> templates;
    for (const auto& one : at(set, "spec.volumeClaimTemplates")) {
        const auto& name = at(one, "spec.storageClassName");
        templates.push_back({.name = text(at(one, "metadata.name")),
                             .storage_class = text(name),
                             .names_none = name.is_string() && text(name).empty(),
                             .size = text(at(one, "spec.resources.requests.storage"))});
    }
    return templates;
}

const model::StorageClass* class_called(const Case& it, const std::string& name) {
    if (!it.facts.classes) {
        return nullptr;
    }
    const auto& classes = *it.facts.classes;
    const auto found = name.empty() ? std::ranges::find_if(classes, &model::StorageClass::is_default)
                                    : std::ranges::find(classes, name, &model::StorageClass::name);
    return found == classes.end() ? nullptr : &*found;
}

std::string classes_there_are(const Case& it) {
    std::vector<std::string> names;
    for (const auto& one : *it.facts.classes) {
        names.push_back(one.name + (one.is_default ? " (default)" : ""));
    }
    return names.empty() ? "there is none at all"
                         : "there " + std::string(names.size() == 1 ? "is " : "are ") + base::join(names, ", ");
}

// Only while its volumes are not there yet: those that are bound need no class any more.
std::vector<Found> class_is_missing(const Case& it) {
    if (it.set == nullptr || !it.facts.classes || it.facts.set) {
        return {};
    }
    for (const auto& one : templates_of(it.set->wanted)) {
        if (one.names_none || class_called(it, one.storage_class) != nullptr) {
            continue;
        }
        const bool is_named = !one.storage_class.empty();
        return {{.message = is_named ? "there is no StorageClass " + one.storage_class
                                     : "no StorageClass is the default, and the values name none",
                 .why = "nobody would make the volumes; the members would wait for them for ever",
                 .hint = "persistence.storageClass: one of those that are there (" + classes_there_are(it) + ")",
                 .value = "persistence.storageClass"}};
    }
    return {};
}

struct Resize {
    Template before;
    Template after;
};

std::vector<Resize> resizes(const Case& it) {
    std::vector<Resize> all;
    if (it.set == nullptr) {
        return all;
    }
    const auto live = templates_of(it.set->live);
    // The manifest: what the API server would not take it does not tell back.
    const auto written = parse_object(it.set->trial.manifest);
    for (const auto& after : templates_of(written.value_or(Json()))) {
        const auto before = std::ranges::find(live, after.name, &Template::name);
        const auto then = before == live.end() ? std::nullopt : model::parse_quantity(before->size);
        const auto now = model::parse_quantity(after.size);
        if (then && now && *then != *now) {
            all.push_back({.before = *before, .after = after});
        }
    }
    return all;
}

std::vector<Found> shrinks(const Case& it) {
    std::vector<Found> found;
    for (const auto& [before, after] : resizes(it)) {
        if (*model::parse_quantity(after.size) < *model::parse_quantity(before.size)) {
            found.push_back({.message = "the volumes would shrink from " + before.size + " to " + after.size,
                             .why = "no volume can: Kubernetes refuses the whole change",
                             .hint = "persistence.size: " + before.size +
                                     "; for smaller volumes take a backup, "
                                     "uninstall with the data, and restore into a new cluster",
                             .value = "persistence.size"});
        }
    }
    return found;
}

std::vector<Found> grows(const Case& it) {
    std::vector<Found> found;
    for (const auto& [before, after] : resizes(it)) {
        if (*model::parse_quantity(after.size) < *model::parse_quantity(before.size)) {
            continue;
        }
        const auto* storage = class_called(it, before.storage_class);
        const auto set = it.set->trial.object.name;
        std::string way = "the size of the templates of a StatefulSet is fixed";
        if (storage != nullptr && !storage->expands) {
            way = "StorageClass " + storage->name +
                  " cannot expand volumes (allowVolumeExpansion): take a backup, uninstall with the data, and restore "
                  "into larger ones";
        } else {
            way = (storage != nullptr ? "StorageClass " + storage->name + " can expand volumes"
                                      : std::string("if the StorageClass can expand volumes")) +
                  ": grow each claim (kubectl patch pvc " + before.name + "-" + set +
                  "-0 --patch '{\"spec\":{\"resources\":{\"requests\":{\"storage\":\"" + after.size +
                  "\"}}}}', and so on), then kubectl delete statefulset " + set +
                  " --cascade=orphan, and deploy again: the pods run on";
        }
        found.push_back(
            {.message = "the volumes would grow from " + before.size + " to " + after.size,
             .why = "Kubernetes refuses to change the claim templates of a StatefulSet, and the whole change with it",
             .hint = way,
             .value = "persistence.size"});
    }
    return found;
}

// One that was never bound never held anything.
std::vector<model::PersistentVolumeClaim> with_data(const Case& it) {
    std::vector<model::PersistentVolumeClaim> claims;
    std::ranges::copy_if(it.facts.claims, std::back_inserter(claims),
                         [](const auto& claim) { return claim.phase != "Pending"; });
    return claims;
}

std::vector<Found> leftovers(const Case& it) {
    const auto way = it.facts.request.leftover_data;
    if (!it.facts.release && it.facts.set && way == model::LeftoverData::remove) {
        return {{.message = "StatefulSet " + it.facts.set->meta.name + " runs, although helm knows no such release",
                 .why = "leftover-data: delete would delete the volumes of members that live",
                 .hint = "find out what became of helm's record of the release; leave leftover-data out",
                 .value = {}}};
    }
    const auto claims = with_data(it);
    if (it.facts.release || it.facts.set || claims.empty() || way != model::LeftoverData::refuse) {
        return {};
    }
    std::vector<std::string> names;
    for (const auto& claim : claims) {
        names.push_back(claim.meta.name + (claim.capacity.empty() ? "" : " (" + claim.capacity + ")"));
    }
    const auto what = it.facts.left_behind.empty() ? std::string() : " They hold " + it.facts.left_behind + ".";
    return {
        {.message = "there are volumes of an earlier cluster: " + base::join(names, ", "),
         .why = "the new members would start with the data in them: that cluster would come back, or refuse to start." +
                what,
         .hint = "leftover-data: adopt goes on with that data; leftover-data: delete (with confirm: " +
                 it.facts.request.release + ") deletes it for good"}};
}

std::vector<Found> adopts_a_part(const Case& it) {
    std::set<std::int32_t> ordinals;  // a member may have several volumes
    for (const auto& claim : with_data(it)) {
        ordinals.insert(rollout::ordinal(claim.meta.name));
    }
    if (it.facts.release || it.facts.set || ordinals.empty() || it.set == nullptr ||
        it.facts.request.leftover_data != model::LeftoverData::adopt) {
        return {};
    }
    const auto volumes = static_cast<std::int64_t>(ordinals.size());
    if (volumes == it.replicas()) {
        return {};
    }
    return {
        {.message = "there are the volumes of " + std::to_string(volumes) +
                    " members of the earlier cluster, and there would be " + std::to_string(it.replicas()) + " members",
         .why = volumes < it.replicas() ? "members without data are not members of that cluster, and do not get into it"
                                        : "the members that are missing count for its quorum all the same",
         .hint = "replicaCount: " + std::to_string(volumes) + ", as it was; scale is not supported yet",
         .value = "replicaCount"}};
}

constexpr std::array rules{
    Rule{"storage-class-missing", blocks, "the StorageClass does not exist, or none is named and none is the default",
         class_is_missing},
    Rule{"storage-shrinks", blocks, "`persistence.size` is smaller than the volumes are", shrinks},
    Rule{"storage-grows", blocks, "`persistence.size` is larger than the volumes are", grows},
    Rule{"leftover-data", blocks, "an install finds volumes of an earlier cluster", leftovers},
    Rule{"leftover-members", blocks, "volumes are adopted, and there are not as many as members", adopts_a_part},
};

}  // namespace

std::span<const Rule> storage_rules() {
    return rules;
}

}  // namespace plan
