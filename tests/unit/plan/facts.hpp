// A release of three members that are well, and that would not change: what each test changes of it is what it is
// about.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "plan/facts.hpp"

namespace plan_test {

using Json = nlohmann::json;

inline Json set_json() {
    return Json::parse(R"({
      "apiVersion": "apps/v1", "kind": "StatefulSet",
      "metadata": {"name": "etcd", "labels": {"app.kubernetes.io/name": "etcd"}},
      "spec": {
        "replicas": 3, "serviceName": "etcd-headless", "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": {"app": "etcd"}}, "updateStrategy": {"type": "OnDelete"},
        "template": {
          "metadata": {"labels": {"app": "etcd"}},
          "spec": {"containers": [{"name": "etcd", "image": "quay.io/coreos/etcd:v3.7.3",
            "env": [{"name": "ETCD_NAME", "value": "x"}],
            "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "250m", "memory": "512Mi"}}}]}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"},
          "spec": {"resources": {"requests": {"storage": "8Gi"}}}}]}})");
}

inline Json budget_json() {
    return Json::parse(R"({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "etcd"},
      "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "etcd"}}}})");
}

inline plan::Trial trial(const Json& object, bool is_there = true) {
    const auto text = object.dump();
    return {.object = {.kind = object["kind"], .name = object["metadata"]["name"]},
            .manifest = text,
            .live = is_there ? text : "",
            .applied = text,
            .refusal = {},
            .hint = {},
            .taken = {},
            .warnings = {}};
}

inline model::MemberAnswers member(int ordinal, const std::string& version = "3.7.3") {
    model::MemberAnswers answers{.pod = "etcd-" + std::to_string(ordinal), .node = {}};
    answers.status = model::MemberStatus{
        .cluster_id = 7, .member_id = static_cast<std::uint64_t>(ordinal) + 1, .leader_id = 1, .version = version};
    answers.linearizable_read = std::chrono::milliseconds(1);
    return answers;
}

inline model::Pod pod(int ordinal) {
    model::Pod pod;
    pod.meta.name = "etcd-" + std::to_string(ordinal);
    pod.meta.uid = "pod-" + std::to_string(ordinal);
    pod.meta.labels = {{"controller-revision-hash", "r1"}};
    pod.containers = {{.name = "etcd",
                       .image = "quay.io/coreos/etcd:v3.7.3",
                       .ready = true,
                       .running = true,
                       .waiting_reason = {},
                       .waiting_message = {},
                       .terminated = {},
                       .last_terminated = {},
                       .memory_limit = {}}};
    pod.conditions = {{.type = "Ready", .status = "True", .reason = {}, .message = {}, .last_transition = {}}};
    return pod;
}

inline model::Node node(const std::string& name) {
    return {.name = name, .labels = {{"kubernetes.io/hostname", name}}, .taints = {}, .cpu = "4", .memory = "16Gi"};
}

// Of the StatefulSet: as it would be. What it is stays.
inline void ask_for(plan::Facts& facts, const Json& set) {
    facts.objects[0].manifest = facts.objects[0].applied = set.dump();
}
template <typename Change>
void change_set(plan::Facts& facts, const Change& change) {
    auto set = Json::parse(facts.objects[0].applied);
    change(set);
    ask_for(facts, set);
}
inline Json& container(Json& set) {
    return set["spec"]["template"]["spec"]["containers"][0];
}
inline void ask_for_image(plan::Facts& facts, const std::string& image) {
    change_set(facts, [&](Json& set) { container(set)["image"] = image; });
}

inline plan::Facts sound() {
    plan::Facts facts;
    facts.request.action = model::Action::plan;
    facts.kubernetes_version = "v1.37.2";
    facts.chart = {
        .name = "etcd-1.0.0", .home = "", .values = R"({"replicaCount": 3, "resources": {}, "pdb": {"create": true}})"};
    facts.values = R"({"replicaCount": 3})";
    facts.places = {{.path = "replicaCount", .file = "values.yaml", .line = 12}};
    facts.objects = {trial(set_json()), trial(budget_json())};
    facts.release =
        model::ReleaseRevision{.revision = 4, .status = "deployed", .chart = "etcd-1.0.0", .app_version = {}};
    facts.set = model::StatefulSet();
    facts.set->meta.name = "etcd";
    facts.set->meta.uid = "set-uid";
    facts.set->meta.generation = 3;
    facts.set->replicas = 3;
    facts.set->on_delete = true;
    facts.set->status = {.observed_generation = 3, .replicas = 3, .current_revision = "r1", .update_revision = "r1"};
    facts.pods = {pod(0), pod(1), pod(2)};
    facts.members = {member(0), member(1), member(2)};
    facts.nodes = {{node("node1"), node("node2"), node("node3")}};
    facts.classes = {{{.name = "standard", .provisioner = "p", .is_default = true, .expands = true}}};
    facts.quotas = std::vector<model::ResourceQuota>();
    return facts;
}

// The same chart where nothing is yet.
inline plan::Facts fresh() {
    auto facts = sound();
    facts.release.reset();
    facts.set.reset();
    facts.pods.clear();
    facts.members.clear();
    for (auto& object : facts.objects) {
        object.live.clear();
    }
    return facts;
}

}  // namespace plan_test
