// What the user asks for, checked and complete: every default is filled in.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "model/graces.hpp"

namespace model {

enum class Action { install, upgrade, plan, uninstall, verify, diagnose, connect };
// How etcd's members are reached; automatic: directly from within the cluster, else by
// port-forwards.
enum class EtcdAccess { automatic, port_forward, direct };
enum class LogLevel { debug, info, warning, error };
// Who replaces outdated members: the runner, one by one, or Kubernetes by itself.
enum class Rollout { orchestrated, native };
// What becomes of an upgrade that failed.
enum class OnFailure { rollback, keep };
// What becomes of volumes of an earlier cluster, in whose place a new one would be installed.
enum class LeftoverData { refuse, adopt, remove };
// What goes to stdout: the log and the summary, or one JSON document (the log is on stderr then).
enum class OutputFormat { text, json };

[[nodiscard]] constexpr const char* to_string(Action action) {
    switch (action) {
        case Action::install: return "install";
        case Action::upgrade: return "upgrade";
        case Action::plan: return "plan";
        case Action::uninstall: return "uninstall";
        case Action::verify: return "verify";
        case Action::connect: return "connect";
        case Action::diagnose: return "diagnose";
    }
    return "?";
}

// Where the chart comes from: a folder or archive, "oci://…", or a name that is
// looked up in `repository` (an https:// address of a chart repository).
struct ChartReference {
    std::string location;
    std::string repository;  // empty unless location is a bare name
    std::string version;     // empty: the newest
    bool is_packed = false;  // our own, which came with the program
    [[nodiscard]] bool is_remote() const { return location.starts_with("oci://") || !repository.empty(); }
};

// Where the cluster's address and credentials come from.
struct KubeconfigSource {
    enum class Kind { files, text, in_cluster };
    Kind kind = Kind::files;
    std::vector<std::string> files;  // kind files: merged, the first mention of a name wins
    std::string text;                // kind text: the YAML itself; a secret
};

// The entry of a values file that tells the backend where etcd is.
struct EnvTarget {
    std::string file;         // empty: no file, the endpoints are only told
    std::string name;         // of the variable
    std::string path;         // keys from the root to the list, with dots
    bool only_check = false;  // change nothing; a difference is a failure
};

struct Request {
    Action action = Action::install;
    std::string release = "etcd";
    std::string namespace_name;  // empty: the context's, else "default"
    ChartReference chart;
    std::vector<std::string> values_files;
    std::vector<std::string> set;         // "key=value", as helm's --set
    std::vector<std::string> set_string;  // "key=value", as helm's --set-string
    std::chrono::milliseconds timeout = std::chrono::minutes(10);
    KubeconfigSource kubeconfig;
    std::string context;  // empty: the kubeconfig's current one
    EtcdAccess etcd_access = EtcdAccess::automatic;
    std::string etcd_user = "root";
    std::string etcd_password;  // a secret; empty: what the pods' Secret holds
    bool create_namespace = true;
    bool delete_data = false;
    std::chrono::milliseconds soak = std::chrono::seconds(5);  // zero: the members are not watched afterwards
    Rollout rollout = Rollout::orchestrated;
    Graces graces;
    bool force_quorum_risk = false;  // take a member down although another is not well
    bool availability_probe = true;  // write and read a key of our own while members are replaced
    OnFailure on_failure = OnFailure::rollback;
    std::chrono::milliseconds lock_timeout = std::chrono::minutes(2);  // how long to wait for another run
    OutputFormat output = OutputFormat::text;
    EnvTarget env;
    bool dry_run = false;            // tell what would be done, and do nothing
    bool drift = false;              // a plan tells what of the deployed revision was changed by others, too
    std::vector<std::string> allow;  // rules of the plan that only warn
    LeftoverData leftover_data = LeftoverData::refuse;
    std::string plan_file;        // the plan that was agreed to; empty: none
    bool comment = false;         // put the plan into a comment of the pull request
    std::string github_token;     // a secret
    std::string evidence_folder;  // empty: the evidence is not kept
    LogLevel log_level = LogLevel::info;
    // Whether nothing is to be changed, only told.
    [[nodiscard]] bool only_plans() const { return action == Action::plan || dry_run; }
};

}  // namespace model
