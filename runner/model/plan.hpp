// What a run would change, what would restart, and why it must not be done: made before anything
// is touched. Texts come from charts and from the cluster and are untrusted; secrets are not in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace model {

// The name of an object, as messages have it: "StatefulSet etcd".
struct ObjectName {
    std::string kind;
    std::string name;
    friend bool operator==(const ObjectName&, const ObjectName&) = default;
};

// A field that is not what it was. Values are one line of JSON, texts without quotes; of a
// secret one "(secret)".
struct FieldChange {
    std::string path;                   // "spec.template.spec.containers[etcd].image"
    std::optional<std::string> before;  // nothing: the field was not there
    std::optional<std::string> after;   // nothing: it goes
    friend bool operator==(const FieldChange&, const FieldChange&) = default;
};

struct ObjectChange {
    enum class Kind : std::uint8_t { none, create, change, remove, stay };
    Kind kind = Kind::none;
    ObjectName object;
    std::vector<FieldChange> fields;  // of create: all that the chart sets
    // Of stay (an uninstall leaves it): what it is, and the command that removes it.
    std::string note = {};
    std::string command = {};
};

// As documents have it: "none", "create", …
[[nodiscard]] std::string_view to_string(ObjectChange::Kind kind);

// A pod that would be replaced.
struct Restart {
    std::string pod;
    std::string role;       // "follower", "leader", "serves nothing"; empty: not known
    bool is_retry = false;  // not outdated: it has crashed or lacked its image for long, and is tried again at once
};

struct Forecast {
    std::vector<Restart> restarts;     // in their order
    std::vector<std::string> stay;     // pods that run on
    std::vector<std::string> created;  // pods that there would be in addition
    std::vector<std::string> removed;
    std::vector<std::string> causes;  // fields of the pod template that change, without the path to it
    std::size_t members = 0;          // after the change
    std::size_t may_fail_before = 0;  // members, without an outage: now,
    std::size_t may_fail_after = 0;   // and when all is done
    // While one is being replaced; nothing: the replacement is an outage by itself.
    std::optional<std::size_t> may_fail_meanwhile;
    bool is_orchestrated = true;  // the runner replaces them, else Kubernetes
};

// A rule that the deployment breaks, or nearly.
struct PlanFinding {
    enum class Severity : std::uint8_t { blocking, warning };
    Severity severity = Severity::blocking;
    std::string rule;  // stable name, "even-members"
    std::string message;
    std::string why;   // what would come of it
    std::string hint;  // what to do
    std::string file;  // of the values, when it is one line of one; else empty
    std::size_t line = 0;
    bool allowed = false;  // it would block, but for the input allow
};

// A fact that a plan was made from: when it is another, the plan holds no longer.
struct Basis {
    std::string what;   // "the release's revision"
    std::string value;  // "4"; hashes where it is long or secret
    friend bool operator==(const Basis&, const Basis&) = default;
};

struct Plan {
    std::vector<ObjectChange> objects;  // in the order of the manifest, those that go or stay last
    std::vector<ObjectChange> drift;    // what of the deployed revision is not as it was deployed
    bool looked_for_drift = false;
    std::optional<Forecast> forecast;   // nothing: no StatefulSet of etcd would be there
    std::vector<PlanFinding> findings;  // blocking ones first
    std::vector<Basis> basis;
    std::vector<std::string> notes;  // what could not be looked at, and why
    std::string role;                // a Role with the rights that are missing, as YAML; empty: none is
    // Whether an object, or a pod, would not be what it is.
    [[nodiscard]] bool changes() const;
    [[nodiscard]] bool blocked() const;
};

}  // namespace model
