// A cluster in trouble, built piece by piece, for the rules to judge.
#pragma once

#include <string>
#include <vector>

#include "diagnose/judge.hpp"
#include "unit/rollout/builders.hpp"

namespace diagnose_test {

using rollout_test::event;
using rollout_test::pod;
using rollout_test::waiting_pod;

inline constexpr const char* good_class = "local-path";

inline model::MemberAnswers member(int ordinal, int leader = 0) {
    const auto id = [](int number) { return static_cast<std::uint64_t>(number) + 0xa1; };
    model::MemberAnswers answers{.pod = "etcd-" + std::to_string(ordinal), .node = "node" + std::to_string(ordinal)};
    answers.status = model::MemberStatus{.cluster_id = 7,
                                         .member_id = id(ordinal),
                                         .leader_id = id(leader),
                                         .raft_term = 2,
                                         .raft_index = 9,
                                         .raft_applied_index = 9,
                                         .db_size = 20480,
                                         .db_size_in_use = 16384,
                                         .version = "3.7.3"};
    answers.members.emplace();
    for (int index = 0; index < 3; ++index) {
        answers.members->push_back({.id = id(index), .name = "etcd-" + std::to_string(index)});
    }
    answers.alarms.emplace();
    answers.linearizable_read = std::chrono::microseconds(900);
    return answers;
}

inline model::MemberAnswers silent_member(int ordinal, const std::string& failure) {
    return {.pod = "etcd-" + std::to_string(ordinal), .node = "node" + std::to_string(ordinal), .failures = {failure}};
}

inline model::PersistentVolumeClaim claim(int ordinal, const std::string& phase = "Bound",
                                          const std::string& storage_class = good_class) {
    model::PersistentVolumeClaim made;
    const auto name = "data-etcd-" + std::to_string(ordinal);
    made.meta = {.name = name, .uid = "uid-" + name, .resource_version = 5};
    made.phase = phase;
    made.storage_class = storage_class;
    made.capacity = "8Gi";
    return made;
}

// Three members, all well.
inline diagnose::Facts well() {
    diagnose::Facts facts;
    facts.namespace_name = "anytrade";
    facts.release = "etcd";
    facts.now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25) + std::chrono::hours(4);
    facts.set_name = "etcd";
    auto set = rollout_test::etcd_set();
    set.meta.annotations = {{"meta.helm.sh/release-name", "etcd"}};
    set.pod_template.containers = {{.name = "etcd", .memory_limit = "512Mi"}};
    facts.view.upsert(set);
    facts.answers.emplace();
    for (int ordinal = 0; ordinal < 3; ++ordinal) {
        facts.view.upsert(pod(ordinal));
        facts.view.upsert(claim(ordinal));
        facts.answers->push_back(member(ordinal));
    }
    facts.storage_classes = {{.name = good_class, .provisioner = "rancher.io/local-path", .is_default = true}};
    facts.volumes.emplace();
    facts.services = {{.name = "etcd-headless", .headless = true}, {.name = "etcd"}};
    facts.endpoint_slices.emplace();
    facts.releases = {{.namespace_name = "anytrade", .name = "etcd", .revision = 1, .status = "deployed"}};
    return facts;
}

// This pod instead of the one with its name; its member is silent.
inline void replace(diagnose::Facts& facts, model::Pod made) {
    made.meta.resource_version = 1000;
    const auto ordinal = rollout::ordinal(made.meta.name);
    if (facts.answers) {
        (*facts.answers)[static_cast<std::size_t>(ordinal)] = silent_member(ordinal, "its container does not run");
    }
    facts.view.upsert(made);
}

inline model::Pod crashing_pod(int ordinal, std::int32_t exit_code = 1, const std::string& reason = "Error") {
    auto made = waiting_pod(ordinal, "CrashLoopBackOff", "back-off 40s restarting failed container");
    made.containers[0].restart_count = 4;
    made.containers[0].last_terminated = model::Termination{.exit_code = exit_code, .reason = reason};
    return made;
}

// Container etcd of this pod crashes, and this was the last that it wrote.
inline void crash(diagnose::Facts& facts, int ordinal, const std::string& last_words) {
    replace(facts, crashing_pod(ordinal));
    facts.logs.push_back(
        {.pod = "etcd-" + std::to_string(ordinal), .container = "etcd", .previous = true, .text = last_words});
}

inline model::Pod unschedulable_pod(int ordinal, const std::string& message) {
    auto made = pod(ordinal, false);
    made.phase = "Pending";
    made.node.clear();
    made.containers.clear();
    made.conditions = {{.type = "PodScheduled", .status = "False", .reason = "Unschedulable", .message = message}};
    return made;
}

}  // namespace diagnose_test
