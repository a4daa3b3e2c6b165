// What the user asks for, checked and complete: every default is filled in.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace model {

enum class Action { install, upgrade, uninstall, diagnose };
// How etcd's members are reached; automatic: directly from within the cluster, else by
// port-forwards.
enum class EtcdAccess { automatic, port_forward, direct };
enum class LogLevel { debug, info, warning, error };

[[nodiscard]] constexpr const char* to_string(Action action) {
    switch (action) {
        case Action::install: return "install";
        case Action::upgrade: return "upgrade";
        case Action::uninstall: return "uninstall";
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
    [[nodiscard]] bool is_remote() const { return location.starts_with("oci://") || !repository.empty(); }
};

// Where the cluster's address and credentials come from.
struct KubeconfigSource {
    enum class Kind { files, text, in_cluster };
    Kind kind = Kind::files;
    std::vector<std::string> files;  // kind files: merged, the first mention of a name wins
    std::string text;                // kind text: the YAML itself; a secret
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
    std::string evidence_folder;  // of diagnose; empty: the evidence is not kept
    LogLevel log_level = LogLevel::info;
};

}  // namespace model
