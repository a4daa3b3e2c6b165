// The rules, by what they look at; judge.cpp applies them in this order. Shared by the
// source files of this folder only.
#pragma once

#include <chrono>
#include <optional>

#include "diagnose/causes.hpp"
#include "diagnose/facts.hpp"
#include "model/etcd.hpp"

namespace diagnose {

// How far back a running container's complaints, and its last end, still count.
inline constexpr std::chrono::minutes recent{15};

// The namespace and the release: is there anything at all? (release_rules.cpp)
void judge_place(const Facts& facts, Causes& causes);
// What keeps the controller from making pods, and volumes from being there. (storage_rules.cpp)
void judge_creation(const Facts& facts, Causes& causes);
void judge_claims(const Facts& facts, Causes& causes);
// The members' pods and those of hook Jobs. (pod_rules.cpp, crash_rules.cpp)
void judge_pods(const Facts& facts, Causes& causes);
// Why a container ends again and again, or has ended.
void judge_crash(const Facts& facts, const model::Pod& pod, const model::ContainerStatus& container, Causes& causes);
// What etcd itself says, and what running members complain of. (etcd_rules.cpp)
[[nodiscard]] std::optional<model::ClusterHealth> judge_etcd(const Facts& facts, Causes& causes);
// A release that helm left unfinished. (release_rules.cpp)
void judge_release(const Facts& facts, Causes& causes);

// Whether a log of this pod was read; its lines, the previous run's first.
[[nodiscard]] std::string log_of(const Facts& facts, const std::string& pod, const std::string& container);

}  // namespace diagnose
