// The runner's own objects: a Lease (the lock of a release) and a ConfigMap (its record).
// Helm knows nothing of them. Each is written under the field manager "etcd-deploy".
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "model/kubernetes.hpp"

namespace kube {

// coordination.k8s.io/v1, as far as a lock needs it.
// https://kubernetes.io/docs/concepts/architecture/leases/
struct Lease {
    std::string name;
    std::string uid;               // empty: not created yet
    std::string resource_version;  // what a change is founded on
    model::Labels labels;
    model::Labels annotations;
    std::string holder;  // empty: free
    std::chrono::seconds duration{0};
    std::int32_t transitions = 0;  // how often it went to another holder
    std::optional<model::Timestamp> acquired;
    std::optional<model::Timestamp> renewed;
};

// One text in a ConfigMap of its own.
struct Note {
    std::string name;
    model::Labels labels;
    std::string key;
    std::string text;
};

}  // namespace kube
