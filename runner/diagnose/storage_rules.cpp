#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "diagnose/commands.hpp"
#include "diagnose/rules.hpp"
#include "rollout/problem.hpp"

namespace diagnose {
namespace {

using base::shell_word;
using model::Certainty;
using model::PersistentVolumeClaim;

// "data-etcd-2" -> "etcd-2"
std::string pod_of(const Facts& facts, const std::string& claim) {
    const auto* set = facts.set();
    if (set != nullptr) {
        for (const auto& name : set->claim_templates) {
            const auto prefix = name + "-" + set->meta.name + "-";
            if (claim.starts_with(prefix) && rollout::ordinal(claim) >= 0) {
                return claim.substr(name.size() + 1);
            }
        }
    }
    return {};
}

std::vector<const PersistentVolumeClaim*> claims_of_set(const Facts& facts) {
    std::vector<const PersistentVolumeClaim*> claims;
    for (const auto& [name, claim] : facts.view.claims()) {
        if (!pod_of(facts, name).empty()) {
            claims.push_back(&claim);
        }
    }
    return claims;
}

std::string state_of(const PersistentVolumeClaim& claim) {
    return "volume claim " + claim.meta.name + ": " + claim.phase + ", " +
           (claim.storage_class.empty() ? "no storage class" : "storage class " + quoted(claim.storage_class)) +
           (claim.capacity.empty() ? "" : ", " + quoted(claim.capacity));
}

std::vector<std::string> evidence_of(const Facts& facts, const PersistentVolumeClaim& claim) {
    std::vector<std::string> lines{state_of(claim)};
    const auto events = facts.view.events_about(claim.meta.uid);
    if (!events.empty()) {
        lines.push_back("event " + quoted(events.back()->reason) + ": " + quoted(events.back()->message));
    }
    if (facts.storage_classes) {
        std::vector<std::string> names;
        for (const auto& known : *facts.storage_classes) {
            names.push_back(quoted(known.name) + (known.is_default ? " (default)" : ""));
        }
        lines.push_back(names.empty() ? "there is no storage class at all"
                                      : "storage classes there are: " + base::join(names, ", "));
    }
    return lines;
}

// The one to use instead: the default one, else the only one.
const model::StorageClass* usable_class(const Facts& facts) {
    if (!facts.storage_classes || facts.storage_classes->empty()) {
        return nullptr;
    }
    const auto& all = *facts.storage_classes;
    const auto found = std::ranges::find_if(all, &model::StorageClass::is_default);
    return found != all.end() ? &*found : all.size() == 1 ? &all.front() : nullptr;
}

// A claim's class cannot change, and a StatefulSet's templates neither: both are made anew.
std::vector<std::string> change_class(const Facts& facts) {
    const auto* usable = usable_class(facts);
    const auto claims = claims_of_set(facts);
    const bool holds_data = std::ranges::any_of(claims, [](const auto* claim) { return claim->phase == "Bound"; });
    if (usable == nullptr) {
        return {"kubectl get storageclass"};
    }
    const auto install = deploy_again(facts, {"persistence.storageClass=" + usable->name});
    if (!holds_data) {
        const auto place =
            " --namespace " + shell_word(facts.namespace_name) + " --release " + shell_word(facts.release);
        return {"etcd-deploy uninstall" + place + " --delete-data --confirm " + shell_word(facts.release), install};
    }
    std::vector<std::string> commands{
        kubectl(facts, "delete statefulset " + shell_word(facts.set_name) + " --cascade=orphan")};
    for (const auto* claim : claims) {
        if (claim->phase == "Pending") {
            commands.push_back(kubectl(facts, "delete pvc " + shell_word(claim->meta.name) + " --wait=false"));
            commands.push_back(kubectl(facts, "delete pod " + shell_word(pod_of(facts, claim->meta.name))));
        }
    }
    commands.push_back(install);
    return commands;
}

std::optional<Found> class_problem(const Facts& facts, const PersistentVolumeClaim& claim, bool said_missing) {
    const auto& wanted = claim.storage_class;
    const bool known =
        !facts.storage_classes ||
        std::ranges::find(*facts.storage_classes, wanted, &model::StorageClass::name) != facts.storage_classes->end();
    if (!wanted.empty() && (said_missing || !known)) {
        return Found{
            .rule = "storage-class-missing",
            .headline = "there is no storage class " + quoted(wanted) + ", so no volume for {pods} can be made",
            .advice = "name a storage class that exists (persistence.storageClass), or create this one",
            .commands = change_class(facts)};
    }
    if (!wanted.empty() || !facts.storage_classes || !claim.volume.empty()) {
        return std::nullopt;
    }
    const bool has_default = std::ranges::any_of(*facts.storage_classes, &model::StorageClass::is_default);
    if (has_default) {
        return std::nullopt;
    }
    Found found{
        .rule = "no-default-storage-class",
        .headline = "no storage class is the default, and the claims name none, so no volume for {pods} is made",
        .advice = "mark a storage class as the default, or set persistence.storageClass",
        .commands = change_class(facts)};
    if (const auto* only = usable_class(facts)) {
        found.commands = {"kubectl annotate storageclass " + shell_word(only->name) +
                          " storageclass.kubernetes.io/is-default-class=true"};
    }
    return found;
}

void judge_pending(const Facts& facts, const PersistentVolumeClaim& claim, Causes& causes) {
    const auto problem = rollout::claim_problem(claim, facts.view, {}, {});
    const bool said_missing =
        problem && problem->headline.contains("storageclass") && problem->headline.contains("not found");
    auto found = class_problem(facts, claim, said_missing);
    if (!found && problem) {
        const bool quota = problem->headline.contains("quota");
        const auto events = facts.view.events_about(claim.meta.uid);
        found = Found{.rule = quota ? "volume-quota" : "provisioning-failed",
                      .headline = "no volume for {pods} can be made: " + quoted(events.back()->message),
                      .advice = quota ? "raise the ResourceQuota of the namespace, or lower persistence.size"
                                      : "see what the provisioner of the storage class says",
                      .commands = {quota ? kubectl(facts, "describe resourcequota")
                                         : kubectl(facts, "describe pvc " + shell_word(claim.meta.name)),
                                   "kubectl get storageclass"}};
    }
    if (!found) {
        return;  // waits for its pod, or for a provisioner that is at work
    }
    found->certainty = found->rule == "provisioning-failed" ? Certainty::likely : Certainty::certain;
    found->depth = Depth::storage;
    found->pods = {pod_of(facts, claim.meta.name)};
    found->evidence = evidence_of(facts, claim);
    causes.add(std::move(*found));
}

}  // namespace

void judge_creation(const Facts& facts, Causes& causes) {
    const auto look = [&](const std::string& named, const std::string& uid, const std::string& describe,
                          const std::vector<std::string>& pods) {
        const auto problem = rollout::creation_problem(named, uid, facts.view, {}, {});
        if (!problem) {
            return;
        }
        const auto first = problem->headline.contains("quota") ? kubectl(facts, "describe resourcequota")
                                                               : kubectl(facts, "describe " + describe);
        causes.add({.rule = problem->headline.contains("quota") ? "resource-quota" : "creation-refused",
                    .certainty = Certainty::certain,
                    .depth = Depth::creation,
                    .headline = problem->headline,
                    .pods = pods,
                    .advice = problem->hint,
                    .commands = {first, deploy_again(facts)},
                    .evidence = {quoted(problem->headline)}});
    };
    if (const auto* set = facts.set()) {
        std::vector<std::string> missing;
        for (int index = 0; index < set->replicas; ++index) {
            const auto name = set->meta.name + "-" + std::to_string(set->first_ordinal + index);
            if (!facts.view.pods().contains(name)) {
                missing.push_back(name);
            }
        }
        // When every pod is there, a refusal is over.
        if (!missing.empty()) {
            look("StatefulSet " + set->meta.name, set->meta.uid, "statefulset " + shell_word(set->meta.name), missing);
        }
    }
    for (const auto& [name, job] : facts.view.jobs()) {
        if (job.is_hook() && !job.is_complete()) {
            look("hook Job " + name, job.meta.uid, "job " + shell_word(name), {});
        }
    }
}

void judge_claims(const Facts& facts, Causes& causes) {
    for (const auto* claim : claims_of_set(facts)) {
        const auto pod = facts.view.pods().find(pod_of(facts, claim->meta.name));
        const bool waits = pod != facts.view.pods().end() && !pod->second.ready();
        if (claim->phase == "Pending" && waits) {
            judge_pending(facts, *claim, causes);
        }
        if (claim->phase == "Lost") {
            causes.add({.rule = "volume-lost",
                        .certainty = Certainty::certain,
                        .depth = Depth::storage,
                        .headline = "the volume of {pods} is gone, and the member's data with it",
                        .pods = {pod_of(facts, claim->meta.name)},
                        .advice = "let the member join anew with an empty volume, once the others are healthy",
                        .commands = join_anew(facts, pod_of(facts, claim->meta.name)),
                        .evidence = {state_of(*claim) + ", volume " + quoted(claim->volume)}});
        }
    }
}

}  // namespace diagnose
