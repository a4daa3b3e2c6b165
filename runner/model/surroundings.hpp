// What stands around a StatefulSet and may be the reason that it does not work: looked at
// when something is wrong, never watched. Strings come from the cluster and are untrusted text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/kubernetes.hpp"

namespace model {

struct StorageClass {
    std::string name;
    std::string provisioner;
    bool is_default = false;
    bool waits_for_consumer = false;  // volumeBindingMode: WaitForFirstConsumer
    bool expands = false;             // allowVolumeExpansion
};

struct Taint {
    std::string key;
    std::string value;
    std::string effect;  // NoSchedule, PreferNoSchedule, NoExecute
};

struct Node {
    std::string name;
    bool is_unschedulable = false;  // cordoned
    Labels labels;
    std::vector<Taint> taints;
    std::string cpu;  // allocatable, as Kubernetes writes it: "2", "1930m"
    std::string memory;
};

struct ResourceQuota {
    std::string name;
    Labels hard;  // "requests.memory" -> "4Gi"
    Labels used;
    bool has_scopes = false;  // it counts some pods only
};

// A pod template that a StatefulSet has, or had; its pods carry the name as label controller-revision-hash.
struct TemplateRevision {
    std::string name;
    std::string owner_uid;
    std::string pod_template;  // JSON; it may hold secrets: never show it
};

struct PersistentVolume {
    std::string name;
    std::string phase;  // Available, Bound, Released, Failed
    std::string message;
    std::string claim_namespace;
    std::string claim;
};

struct Service {
    std::string name;
    bool headless = false;
    Labels selector;
};

struct EndpointSlice {
    std::string name;
    std::string service;
    std::size_t ready = 0;  // addresses
    std::size_t not_ready = 0;
};

// The newest revision of a helm release, by the labels of its Secret alone.
struct ReleaseState {
    std::string namespace_name;
    std::string name;
    int revision = 0;
    std::string status;                 // deployed, failed, pending-upgrade …
    std::optional<Timestamp> modified;  // when helm wrote it
};

}  // namespace model
