#include <algorithm>

#include "base/text.hpp"
#include "diagnose/commands.hpp"
#include "diagnose/rules.hpp"

namespace diagnose {
namespace {

using base::shell_word;
using model::Certainty;
using model::ReleaseState;

// A helm that is at work ends within this, as a rule.
constexpr std::chrono::minutes at_work{2};

std::string diagnose_command(const std::string& namespace_name, const std::string& release) {
    return "etcd-deploy diagnose --namespace " + shell_word(namespace_name) + " --release " + shell_word(release);
}

std::vector<std::string> names_of(const std::vector<ReleaseState>& releases) {
    std::vector<std::string> names;
    for (const auto& state : releases) {
        names.push_back(state.name);
    }
    return names;
}

// One that differs by a few letters, or holds the name or is held by it.
std::string similar(const std::string& name, const std::vector<std::string>& names) {
    if (auto nearest = base::nearest(name, names); !nearest.empty()) {
        return nearest;
    }
    const auto found =
        std::ranges::find_if(names, [&](const auto& other) { return other.contains(name) || name.contains(other); });
    return found == names.end() ? std::string() : *found;
}

void add_what_is_there(const Facts& facts, std::vector<std::string>& evidence) {
    if (facts.releases) {
        const auto names = names_of(*facts.releases);
        evidence.push_back(names.empty() ? "helm has no release in namespace " + facts.namespace_name
                                         : "releases in namespace " + facts.namespace_name + ": " + listed(names));
    }
    for (const auto& state : facts.elsewhere) {
        evidence.push_back("there is a release of this name in namespace " + quoted(state.namespace_name));
    }
    for (const auto& [name, set] : facts.view.stateful_sets()) {
        const auto owner = set.meta.annotations.find("meta.helm.sh/release-name");
        evidence.push_back("StatefulSet " + name + " is there, " +
                           (owner == set.meta.annotations.end() ? std::string("not made by helm")
                                                                : "of release " + quoted(owner->second)));
    }
    if (const auto left_over = left_claims(facts); !left_over.empty()) {
        evidence.push_back("volume claims of this release are still there, and its data in them: " + listed(left_over));
    }
}

void no_release(const Facts& facts, Causes& causes) {
    Found found{.rule = "no-release",
                .certainty = facts.releases ? Certainty::certain : Certainty::likely,
                .depth = Depth::place,
                .headline = "there is no release " + facts.release + " in namespace " + facts.namespace_name,
                .pods = {},
                .advice = "install it, or correct release and namespace",
                .commands = {},
                .evidence = {}};
    const auto name = similar(facts.release, names_of(facts.releases.value_or(std::vector<ReleaseState>())));
    if (!name.empty()) {
        found.headline += "; did you mean " + name + "?";
        found.commands.push_back(diagnose_command(facts.namespace_name, name));
    } else if (!facts.elsewhere.empty()) {
        found.headline += "; there is one in namespace " + quoted(facts.elsewhere.front().namespace_name);
        found.commands.push_back(diagnose_command(facts.elsewhere.front().namespace_name, facts.release));
    }
    found.commands.push_back(deploy_again(facts));
    add_what_is_there(facts, found.evidence);
    causes.add(std::move(found));
}

std::string since(const ReleaseState& state, model::Timestamp now) {
    if (!state.modified) {
        return {};
    }
    const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - *state.modified);
    return " since " + base::human_duration(std::max(passed, std::chrono::seconds(0)));
}

std::string named(const ReleaseState& state) {
    return "revision " + std::to_string(state.revision) + " of release " + state.name + " is " + quoted(state.status);
}

void pending(const Facts& facts, const ReleaseState& state, Causes& causes) {
    const bool may_be_at_work = state.modified && facts.now - *state.modified < at_work;
    Found found{.rule = "release-pending",
                .certainty = Certainty::likely,
                .depth = Depth::release,
                .headline = named(state) + since(state, facts.now) +
                            (may_be_at_work ? ": a helm is at work on it, or one was killed"
                                            : ": a helm was killed, and every further one refuses to work"),
                .pods = {},
                .advice = "when no other run is at work, deploy again: etcd-deploy settles what was left unfinished",
                .commands = {deploy_again(facts)},
                .evidence = {named(state) + since(state, facts.now)}};
    if (facts.verified_revision > 0 && facts.verified_revision < state.revision) {
        found.commands.push_back("helm -n " + shell_word(facts.namespace_name) + " rollback " + shell_word(state.name) +
                                 " " + std::to_string(facts.verified_revision));
    }
    causes.add(std::move(found));
}

void failed(const Facts& facts, const ReleaseState& state, Causes& causes) {
    const auto line = "helm counts " + named(state);
    if (causes.follows_any(line)) {
        return;
    }
    causes.add({.rule = "release-failed",
                .certainty = Certainty::possible,
                .depth = Depth::release,
                .headline = named(state) + since(state, facts.now) + ": helm may have applied only a part of it",
                .pods = {},
                .advice = "deploy again: helm then applies the whole",
                .commands = {deploy_again(facts),
                             "helm -n " + shell_word(facts.namespace_name) + " history " + shell_word(state.name)},
                .evidence = {line}});
}

}  // namespace

void judge_place(const Facts& facts, Causes& causes) {
    if (!facts.namespace_there) {
        Found found{.rule = "no-namespace",
                    .certainty = Certainty::certain,
                    .depth = Depth::place,
                    .headline = "there is no namespace " + facts.namespace_name,
                    .pods = {},
                    .advice = "correct the namespace, or install the release: that makes it",
                    .commands = {},
                    .evidence = {}};
        for (const auto& state : facts.elsewhere) {
            found.evidence.push_back("there is a release " + state.name + " in namespace " +
                                     quoted(state.namespace_name));
            found.commands.push_back(diagnose_command(state.namespace_name, state.name));
        }
        found.commands.push_back(deploy_again(facts));
        causes.add(std::move(found));
        return;
    }
    if (facts.namespace_leaving) {
        causes.add({.rule = "namespace-leaving",
                    .certainty = Certainty::certain,
                    .depth = Depth::place,
                    .headline = "namespace " + facts.namespace_name + " is being deleted, with all that is in it",
                    .pods = {},
                    .advice = "nothing can be made in it any more: wait until it is gone, or use another",
                    .commands = {"kubectl get namespace " + shell_word(facts.namespace_name) + " -o yaml"},
                    .evidence = {}});
    }
    const bool has_set = facts.set() != nullptr;
    const bool may_be_there = !facts.releases && (!facts.saw_sets || has_set);
    if (facts.release_state() == nullptr && !has_set && !may_be_there) {
        no_release(facts, causes);
    } else if (facts.release_state() != nullptr && facts.saw_sets && !has_set) {
        const auto& state = *facts.release_state();
        const bool may_come = state.status.starts_with("pending-");
        causes.add(
            {.rule = "no-stateful-set",
             .certainty = may_come ? Certainty::likely : Certainty::certain,
             .depth = may_come ? Depth::release : Depth::place,
             .headline = "release " + facts.release + " has no StatefulSet that runs etcd (" + named(state) + ")",
             .pods = {},
             .advice = "somebody deleted it, or helm failed before it made it: deploy again",
             .commands = {deploy_again(facts),
                          "helm -n " + shell_word(facts.namespace_name) + " history " + shell_word(facts.release)},
             .evidence = {}});
    }
}

void judge_release(const Facts& facts, Causes& causes) {
    const auto* state = facts.release_state();
    if (state == nullptr) {
        return;
    }
    if (state->status.starts_with("pending-")) {
        pending(facts, *state, causes);
    } else if (state->status == "uninstalling") {
        causes.add({.rule = "release-uninstalling",
                    .certainty = Certainty::likely,
                    .depth = Depth::place,
                    .headline = "release " + state->name + " is being uninstalled" + since(*state, facts.now),
                    .pods = {},
                    .advice = "let it end, or end it",
                    .commands = {"etcd-deploy uninstall --namespace " + shell_word(facts.namespace_name) +
                                 " --release " + shell_word(state->name)},
                    .evidence = {named(*state)}});
    } else if (state->status == "failed") {
        failed(facts, *state, causes);
    }
}

}  // namespace diagnose
