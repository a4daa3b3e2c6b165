// Objects as the cluster would show them, for the rules to judge.
#pragma once

#include <string>

#include "model/kubernetes.hpp"
#include "rollout/view.hpp"

namespace rollout_test {

inline constexpr const char* set_uid = "set-uid";

inline model::StatefulSet etcd_set() {
    model::StatefulSet set;
    set.meta = {.name = "etcd", .uid = set_uid, .resource_version = 10, .generation = 2};
    set.replicas = 3;
    set.ordered_ready = false;
    set.service_name = "etcd-headless";
    set.claim_templates = {"data"};
    set.status = {.observed_generation = 2,
                  .replicas = 3,
                  .available_replicas = 3,
                  .current_revision = "new",
                  .update_revision = "new"};
    return set;
}

inline model::Pod pod(int ordinal, bool ready = true, const std::string& revision = "new") {
    model::Pod made;
    made.meta = {.name = "etcd-" + std::to_string(ordinal),
                 .uid = "pod-" + std::to_string(ordinal) + "-" + revision,
                 .resource_version = 20,
                 .labels = {{"controller-revision-hash", revision}},
                 .owners = {{.kind = "StatefulSet", .name = "etcd", .uid = set_uid}}};
    made.node = "node" + std::to_string(ordinal + 1);
    made.phase = "Running";
    made.conditions = {{.type = "PodScheduled", .status = "True"},
                       {.type = "Ready", .status = ready ? "True" : "False"}};
    made.containers = {{.name = "etcd", .image = "quay.io/coreos/etcd:v3.7.3", .ready = ready, .running = true}};
    return made;
}

inline model::Pod waiting_pod(int ordinal, const std::string& reason, const std::string& message) {
    auto made = pod(ordinal, false);
    made.phase = "Pending";
    made.containers[0].running = false;
    made.containers[0].waiting_reason = reason;
    made.containers[0].waiting_message = message;
    return made;
}

inline model::Event event(const std::string& uid, const std::string& reason, const std::string& message,
                          std::uint64_t version = 100) {
    return {.meta = {.name = reason + "-" + uid, .uid = "event-" + reason + uid, .resource_version = version},
            .type = "Warning",
            .reason = reason,
            .message = message,
            .object_uid = uid};
}

inline rollout::View view_of(const model::StatefulSet& set, const std::vector<model::Pod>& pods) {
    rollout::View view;
    view.upsert(set);
    for (const auto& item : pods) {
        view.upsert(item);
    }
    return view;
}

}  // namespace rollout_test
