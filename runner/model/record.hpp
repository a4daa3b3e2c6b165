// The story of one run, appended to while it goes on; the reports are made of
// it alone. Everything in it is already redacted.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/diagnosis.hpp"
#include "model/etcd.hpp"
#include "model/request.hpp"

namespace model {

// A phase of the run. Times count from the start of the run.
struct Phase {
    std::string name;
    std::chrono::milliseconds begin{0};
    std::chrono::milliseconds end{0};
    bool failed = false;
};

// One revision of a helm release.
struct ReleaseRevision {
    int revision = 0;
    std::string status;  // deployed, failed, pending-upgrade …
    std::string chart;   // "etcd-1.0.0"
    std::string app_version;
};

// A setting that differs between two revisions. Secrets are shown as "***".
struct ValueChange {
    std::string path;    // "resources.limits.memory"
    std::string before;  // empty: was not set
    std::string after;   // empty: is not set any more
};

// Why the rollout cannot succeed, in plain words, with what proves it.
struct Cause {
    std::string headline;  // "pod etcd-1: image quay.io/x:y not found"
    std::string hint;      // what to do
    std::string pod;       // the pod whose logs are worth reading; may be empty
    std::string container;
    std::vector<std::string> evidence;  // events and states, one line each
    std::string log;                    // last lines of the container, may be empty
};

struct Volume {
    std::string claim;
    std::string capacity;
    std::string storage_class;
};

enum class Outcome { done, nothing_to_do, failed, cancelled };

struct RunRecord {
    Action action = Action::install;
    std::string release;
    std::string namespace_name;
    std::string chart;    // as asked for
    std::string cluster;  // address of the API server
    std::string kubernetes_version;
    std::string helm_version;
    std::string context;
    std::string run_url;  // of the workflow run; empty outside of one

    Outcome outcome = Outcome::done;
    // Set before the first change; taken back when it turns out that none was made.
    bool touched = false;
    std::vector<Phase> phases;
    std::chrono::milliseconds duration{0};

    std::optional<ReleaseRevision> before;
    std::optional<ReleaseRevision> after;
    bool manifest_changed = false;
    std::vector<ValueChange> value_changes;
    std::vector<std::string> restarted_pods;  // existed before, have been replaced
    std::vector<std::string> created_pods;

    std::string stateful_set;
    std::vector<std::string> endpoints;  // "etcd-0.etcd-headless.ns.svc.cluster.local:2379"
    std::string service_address;         // "etcd.ns.svc.cluster.local:2379"
    std::optional<ClusterHealth> health;

    std::vector<Volume> kept_volumes;
    std::vector<Volume> deleted_volumes;

    std::vector<std::string> warnings;
    std::optional<base::Error> error;
    std::optional<Cause> cause;
    std::optional<Diagnosis> diagnosis;
};

}  // namespace model
