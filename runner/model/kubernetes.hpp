// The parts of Kubernetes objects that we look at, as plain data.
// Field names follow https://kubernetes.io/docs/reference/kubernetes-api/ .
// Strings come from the cluster and are untrusted text.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace model {

// Kinds that the runner lists and watches.
enum class Kind { stateful_set, pod, persistent_volume_claim, job, event };

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using Labels = std::map<std::string, std::string>;

struct OwnerReference {
    std::string kind;
    std::string name;
    std::string uid;
};

struct ObjectMeta {
    std::string name;
    std::string uid;
    std::uint64_t resource_version = 0;  // comparable, see KEP-5504
    std::int64_t generation = 0;
    Labels labels;
    Labels annotations;
    std::vector<OwnerReference> owners;
    std::optional<Timestamp> created;
    std::optional<Timestamp> deleted;  // deletionTimestamp: when its grace period ends
    std::int64_t deletion_grace_seconds = 0;
    std::vector<std::string> finalizers;  // while there are any, a deleted object stays
    // Of helm, before or after what it does. (`helm test` has hooks, too: nobody waits for those.)
    [[nodiscard]] bool is_hook() const {
        const auto hook = annotations.find("helm.sh/hook");
        return hook != annotations.end() && (hook->second.contains("pre-") || hook->second.contains("post-"));
    }
    // Labelled as another release's. (Hooks need not have the label.)
    [[nodiscard]] bool is_of_another(const std::string& release) const {
        const auto instance = labels.find("app.kubernetes.io/instance");
        return instance != labels.end() && instance->second != release;
    }
};

struct NamedPort {
    std::string container;
    std::string name;
    std::int32_t number = 0;
};

// A key of a Secret.
struct SecretKey {
    std::string secret;
    std::string key;
    friend bool operator==(const SecretKey&, const SecretKey&) = default;
};

struct EnvironmentVariable {
    std::string name;
    std::string value;                     // empty when it comes from elsewhere
    std::optional<SecretKey> from_secret;  // valueFrom.secretKeyRef
};

struct VolumeMount {
    std::string volume;
    std::string path;
    std::string sub_path;
};

// A container as the pod template describes it; those that run are ContainerStatus.
struct Container {
    std::string name;
    std::vector<std::string> arguments;  // command, then args
    std::vector<EnvironmentVariable> environment;
    std::vector<VolumeMount> mounts;
    std::string memory_limit = {};  // "512Mi"; empty: none
};

struct SecretVolume {
    std::string name;  // of the volume
    std::string secret;
    std::map<std::string, std::string> items;  // path -> key; empty: every key is a file
};

struct PodTemplate {
    std::vector<Container> containers;  // without init containers
    std::vector<SecretVolume> secret_volumes;
    std::vector<NamedPort> ports;  // of all containers
};

struct StatefulSet {
    ObjectMeta meta;
    std::int32_t replicas = 1;
    std::string service_name;
    bool ordered_ready = true;  // podManagementPolicy
    bool on_delete = false;     // updateStrategy.type
    std::int32_t partition = 0;
    std::int32_t min_ready_seconds = 0;
    std::int32_t first_ordinal = 0;  // spec.ordinals.start
    Labels selector;
    std::vector<std::string> claim_templates;
    PodTemplate pod_template;
    struct Status {
        std::int64_t observed_generation = 0;
        std::int32_t replicas = 0;
        std::int32_t available_replicas = 0;
        std::string current_revision;
        std::string update_revision;
    } status;
};

struct Termination {
    std::int32_t exit_code = 0;
    std::string reason;
    std::string message;
    std::optional<Timestamp> started = {};
    std::optional<Timestamp> finished = {};
    // By SIGKILL or SIGTERM, as whoever is stopped from outside.
    [[nodiscard]] bool by_signal() const { return exit_code == 128 + 9 || exit_code == 128 + 15; }
    // Killed by the kernel; or the limit is too small even to start in.
    [[nodiscard]] bool ran_out_of_memory() const {
        return reason == "OOMKilled" || (reason == "StartError" && message.contains("OOM-killed"));
    }
};

struct ContainerStatus {
    std::string name;
    std::string image;
    bool is_init = false;
    bool ready = false;
    bool running = false;
    std::int32_t restart_count = 0;
    std::string waiting_reason;  // empty: not waiting
    std::string waiting_message;
    std::optional<Termination> terminated;
    std::optional<Termination> last_terminated;
    bool started = true;       // its startup probe has passed, or there is none
    std::string memory_limit;  // as the pod's spec has it, "512Mi"; empty: none
    // How it has ended, for good or before its last restart.
    [[nodiscard]] const std::optional<Termination>& last_end() const {
        return terminated ? terminated : last_terminated;
    }
    // "container etcd", "init container prepare"
    [[nodiscard]] std::string title() const { return (is_init ? "init container " : "container ") + name; }
};

struct Condition {
    std::string type;
    std::string status;  // True, False, Unknown
    std::string reason;
    std::string message;
    std::optional<Timestamp> last_transition;
};

struct Pod {
    ObjectMeta meta;
    std::string node;
    std::string phase;
    std::string ip;
    std::string scheduler = {};                      // schedulerName: who is to find a node for it
    std::vector<std::string> scheduling_gates = {};  // while there are any, no scheduler looks at it
    std::vector<Condition> conditions;
    std::vector<ContainerStatus> containers;  // init containers first
    PodTemplate pod_template;                 // what it was made of, and what others have put into it since
    [[nodiscard]] const Condition* condition(const std::string& type) const;
    [[nodiscard]] bool ready() const;
    [[nodiscard]] bool terminating() const { return meta.deleted.has_value(); }
    [[nodiscard]] std::int32_t restarts() const;
    // One that helm makes and waits for itself; what a hook's Job makes is the Job's.
    [[nodiscard]] bool is_hook() const { return meta.is_hook() && meta.owners.empty(); }
};

struct PersistentVolumeClaim {
    ObjectMeta meta;
    std::string phase;  // Pending, Bound, Lost
    std::string storage_class;
    std::string capacity;
    std::string volume;
};

struct Job {
    // What the API server fills in when nobody says how often a Job may fail.
    static constexpr std::int32_t default_backoff_limit = 6;

    ObjectMeta meta;
    std::int32_t backoff_limit = default_backoff_limit;
    std::int32_t failed = 0;  // pods; a container that its pod starts again is not counted
    std::vector<Condition> conditions;
    [[nodiscard]] bool is_hook() const { return meta.is_hook(); }
    // Of as many pods as it wants: one that has succeeded may be the first of several.
    [[nodiscard]] bool is_complete() const { return is("Complete"); }
    [[nodiscard]] bool has_failed() const { return is("Failed"); }
    [[nodiscard]] bool is(std::string_view condition) const {
        return std::ranges::any_of(conditions,
                                   [&](const Condition& one) { return one.type == condition && one.status == "True"; });
    }
};

// A core/v1 Event. `seen` is its newest time.
struct Event {
    ObjectMeta meta;
    std::string type;  // Normal, Warning
    std::string reason;
    std::string message;
    std::string object_kind;
    std::string object_name;
    std::string object_uid;
    std::string container = {};  // of the pod that it is about; empty: the whole pod
    std::optional<Timestamp> seen;
};

using Object = std::variant<StatefulSet, Pod, PersistentVolumeClaim, Job, Event>;

}  // namespace model
