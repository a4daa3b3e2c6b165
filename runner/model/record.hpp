// The story of one run, appended to while it goes on; the reports are made of
// it alone. Everything in it is already redacted.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/availability.hpp"
#include "model/diagnosis.hpp"
#include "model/etcd.hpp"
#include "model/kubernetes.hpp"
#include "model/plan.hpp"
#include "model/request.hpp"
#include "model/seen_at_failure.hpp"

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
    bool log_tells = false;             // the container has ended, and its log may tell why
    bool not_started_since = false;     // then its log is the one of now; else the one of before its restart
};

struct Volume {
    std::string claim;
    std::string capacity;
    std::string storage_class;
};

// What a client of etcd needs besides endpoints: names, never values.
struct ClientNeeds {
    bool tls = false;
    bool mutual_tls = false;
    std::optional<SecretKey> ca;
    std::optional<SecretKey> certificate;  // the one that we use ourselves, with mutual TLS
    std::optional<SecretKey> key;
    std::optional<SecretKey> root_password;
};

// What became of the file that tells the backend where etcd is.
struct FileUpdate {
    enum class State { fresh, stale, updated };
    State state = State::fresh;
    std::string file;
    std::string variable;
    std::string path;  // of the list, "env"
    std::size_t line = 0;
    std::string diff;  // unified, what others wrote is hidden in it; empty when fresh
};

// What became of an upgrade that failed.
struct Rollback {
    int revision = 0;      // the one that was gone back to; 0: none
    bool healthy = false;  // and then all members were well
    std::string why_not;   // why it was kept, or what went wrong on the way back
    std::string way_out;   // what to do then
};

// A member that the runner replaced.
struct Replacement {
    std::string pod;
    std::string role;       // before: "follower", "leader", "learner", "served nothing"
    std::string successor;  // the pod that leadership was moved to before; empty: it was not
    std::chrono::milliseconds took{0};
    bool is_back = false;  // well and caught up; false: the run ended before
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
    std::string named_context;  // as the user asked for it; empty: the kubeconfig's current one
    std::string run_url;        // of the workflow run; empty outside of one

    bool dry_run = false;  // nothing was to be changed, only told

    Outcome outcome = Outcome::done;
    // Set before the first change; taken back when it turns out that none was made.
    bool touched = false;
    std::vector<Phase> phases;
    std::chrono::milliseconds duration{0};

    std::optional<ReleaseRevision> before;
    int verified_revision = 0;  // the last that this runner has seen well, before this run; 0: none is known
    std::optional<ReleaseRevision> after;
    bool manifest_changed = false;
    std::vector<ValueChange> value_changes;
    std::vector<std::string> restarted_pods;  // existed before, have been replaced
    std::vector<std::string> created_pods;
    std::vector<Replacement> replacements;  // in their order; empty when Kubernetes replaced them

    std::string stateful_set;
    std::vector<std::string> endpoints;  // "etcd-0.etcd-headless.ns.svc.cluster.local:2379"
    std::string service_address;         // "etcd.ns.svc.cluster.local:2379"
    std::string backend_value;           // the endpoints as the backend's variable holds them
    std::string backend_variable = "ANYTRADE_ETCD_ENDPOINTS";
    std::string backend_path = "env";  // of the list that has it, "backend.env"
    std::optional<ClientNeeds> client;
    std::optional<FileUpdate> file;
    std::optional<ClusterHealth> health;
    std::optional<Availability> availability;  // nothing: no member was to be replaced, or it is off

    std::vector<Volume> kept_volumes;
    std::vector<Volume> deleted_volumes;

    std::optional<Rollback> rollback;  // only when something failed that could be taken back

    std::vector<std::string> warnings;
    std::optional<base::Error> error;
    std::optional<Cause> cause;
    std::optional<SeenAtFailure> seen_at_failure;
    std::optional<Diagnosis> diagnosis;
    std::optional<Plan> plan;
};

}  // namespace model
