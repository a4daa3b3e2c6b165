#include "operate/trials.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "kube/manifest.hpp"
#include "operate/etcd_members.hpp"

namespace operate {
namespace {

struct Tried {
    kube::ManifestObject object;
    std::string path;                   // empty: the cluster knows no such kind
    std::optional<kube::Right> needed;  // to apply it; nothing: it is not in the run's namespace
    std::vector<kube::Right> denied;
    std::optional<std::string> live;
    bool is_unknown = false;  // it could not be read
    kube::DryRun answer;
};

base::Error unknown_kind(const kube::ManifestObject& object) {
    return {.code = base::ErrorCode::refused,
            .message = "the cluster knows no kind " + object.kind + " in " + object.api_version,
            .context = {},
            .hint = "install what defines it, or turn off the value that asks for it",
            .command = {}};
}

// By what the API server says of its kinds.
base::Result<void> find_paths(const Run& run, std::vector<Tried>& objects, const kube::Scope& scope) {
    std::set<std::string> versions;
    for (const auto& one : objects) {
        versions.insert(one.object.api_version);
    }
    const std::vector<std::string> asked(versions.begin(), versions.end());
    std::vector<base::Result<std::vector<kube::ApiResource>>> answers(asked.size());
    at_once(asked.size(), [&](std::size_t index) { answers[index] = run.tools().kube.resources(asked[index], scope); });
    for (auto& one : objects) {
        const auto& answer =
            answers[static_cast<std::size_t>(std::ranges::find(asked, one.object.api_version) - asked.begin())];
        if (!answer && answer.error().code != base::ErrorCode::not_found) {
            return std::unexpected(answer.error());
        }
        const auto known = answer.value_or(std::vector<kube::ApiResource>());
        const auto resource = std::ranges::find(known, one.object.kind, &kube::ApiResource::kind);
        if (resource == known.end()) {
            one.answer.refused = unknown_kind(one.object);
            continue;
        }
        const auto& place = one.object.namespace_name.empty() ? run.namespace_name() : one.object.namespace_name;
        if (resource->is_namespaced && place == run.namespace_name()) {
            const auto slash = one.object.api_version.find('/');
            one.needed = {.group = slash == std::string::npos ? "" : one.object.api_version.substr(0, slash),
                          .resource = resource->plural,
                          .verbs = {"get", "create", "patch"}};
        }
        one.path = kube::resource_path(one.object.api_version, *resource, place, one.object.name);
    }
    return {};
}

base::Result<void> try_one(const Run& run, Tried& one) {
    if (one.path.empty()) {
        return {};
    }
    const auto& kube = run.tools().kube;
    // Whether an error is that the user lacks a right, which is noted then.
    const auto is_denied = [&](const base::Error& error) {
        const auto right = error.code == base::ErrorCode::forbidden
                               ? kube::denied_right(error.message, run.namespace_name())
                               : std::nullopt;
        if (right) {
            one.denied.push_back(*right);
        }
        return right.has_value();
    };
    auto live = kube.object(one.path, run.scope());
    if (live) {
        one.live = std::move(*live);
    } else if (is_denied(live.error())) {
        one.is_unknown = true;
    } else {
        return std::unexpected(std::move(live).error());
    }
    TRY_ASSIGN(one.answer, kube.try_apply(one.path, one.object.yaml, kube::Client::TakeFields::no, run.scope()));
    if (!one.answer.taken.empty()) {
        auto taken = std::move(one.answer.taken);
        TRY_ASSIGN(one.answer, kube.try_apply(one.path, one.object.yaml, kube::Client::TakeFields::yes, run.scope()));
        one.answer.taken = std::move(taken);
    }
    if (one.answer.refused && is_denied(*one.answer.refused)) {
        one.answer.refused.reset();
    }
    return {};
}

base::Result<std::vector<Tried>> objects_of(const std::string& manifest) {
    TRY_ASSIGN(auto objects, kube::read_manifest(manifest));
    std::vector<Tried> all;
    for (auto& object : objects) {
        all.push_back({.object = std::move(object), .path = {}, .needed = {}, .denied = {}, .live = {}, .answer = {}});
    }
    return all;
}

plan::Trial trial_of(Tried one) {
    plan::Trial trial{.object = {.kind = std::move(one.object.kind), .name = std::move(one.object.name)},
                      .manifest = std::move(one.object.json),
                      .live = std::move(one.live).value_or(std::string()),
                      .applied = std::move(one.answer.applied),
                      .refusal = {},
                      .hint = {},
                      .taken = {},
                      .warnings = std::move(one.answer.warnings),
                      .is_unknown = one.is_unknown};
    if (one.answer.refused) {
        trial.refusal = std::move(one.answer.refused->message);
        trial.hint = std::move(one.answer.refused->hint);
    }
    for (auto& field : one.answer.taken) {
        trial.taken.push_back({.path = std::move(field.path), .manager = std::move(field.manager)});
    }
    return trial;
}

Trials trials_of(std::vector<Tried> objects) {
    Trials trials;
    for (auto& one : objects) {
        for (const auto& right : one.denied) {
            kube::add_right(trials.missing_rights, right);
        }
        if (one.needed) {
            kube::add_right(trials.needed_rights, *one.needed);
        }
        trials.objects.push_back(trial_of(std::move(one)));
    }
    return trials;
}

}  // namespace

base::Result<Trials> try_objects(const Run& run, const std::string& manifest, bool namespace_exists) {
    TRY_ASSIGN(auto objects, objects_of(manifest));
    if (namespace_exists) {
        TRY(find_paths(run, objects, run.scope()));
        std::vector<base::Result<void>> results(objects.size());
        at_once(objects.size(), [&](std::size_t index) { results[index] = try_one(run, objects[index]); });
        for (auto& result : results) {
            TRY(std::move(result));
        }
    }
    return trials_of(std::move(objects));
}

base::Result<Trials> read_objects(const Run& run, const std::string& manifest) {
    constexpr std::chrono::seconds limit{5};
    const kube::Scope scope{run.stop(), std::min(run.deadline(), run.tools().clock.now() + limit)};
    TRY_ASSIGN(auto objects, objects_of(manifest));
    TRY(find_paths(run, objects, scope));
    at_once(objects.size(), [&](std::size_t index) {
        auto& one = objects[index];
        auto live = one.path.empty() ? std::nullopt : run.tools().kube.object(one.path, scope);
        one.is_unknown = !live;
        one.live = std::move(live).value_or(std::nullopt);
    });
    return trials_of(std::move(objects));
}

base::Result<std::optional<plan::Trial>> try_pod(const Run& run, const std::string& name, const std::string& pod) {
    const auto path = kube::resource_path("v1", {.kind = "Pod", .plural = "pods"}, run.namespace_name(), "");
    TRY_ASSIGN(const auto answer, run.tools().kube.try_create(path, pod, run.scope()));
    plan::Trial trial{.object = {.kind = "Pod", .name = name},
                      .manifest = pod,
                      .live = {},
                      .applied = answer.applied,
                      .refusal = answer.refused ? answer.refused->message : std::string(),
                      .hint = {},
                      .taken = {},
                      .warnings = {}};
    if (answer.refused && kube::denied_right(answer.refused->message, run.namespace_name())) {
        return std::nullopt;
    }
    return trial;
}

}  // namespace operate
