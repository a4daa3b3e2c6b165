// What the runner remembers of a release between runs, outside of the release: helm's
// history marks every revision that it applied as "deployed", whether it worked or not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace model {

// A revision whose members were all well at the end of a run.
struct VerifiedRevision {
    int revision = 0;
    std::string chart;         // "etcd-1.0.0"
    std::string values_hash;   // SHA-256 of the user's values, without the secret ones
    std::string etcd_version;  // lowest of the members
    std::uint64_t cluster_id = 0;
    int members = 0;
    bool on_delete = false;  // updateStrategy of its StatefulSet
    std::string run_url;     // empty outside of a workflow
    std::string time;        // "2026-11-25T10:00:00Z"
    friend bool operator==(const VerifiedRevision&, const VerifiedRevision&) = default;
};

// A run that changes the release. It stands there from before its first change until its
// orderly end: what is found by the next run was cut off.
struct Operation {
    std::string action;
    int revision_before = 0;  // 0: there was none
    // The revision that its helm left pending when the run was stopped; 0: nobody could note one.
    int left_pending = 0;
    std::string run_url;
    std::string started;
    friend bool operator==(const Operation&, const Operation&) = default;
};

// Whose data are in volumes that an uninstall has left.
struct LeftData {
    std::uint64_t cluster_id = 0;
    std::string etcd_version;
    int members = 0;
    std::string time;  // of the uninstall
    friend bool operator==(const LeftData&, const LeftData&) = default;
};

struct Journal {
    std::optional<Operation> running;
    std::vector<VerifiedRevision> verified;  // oldest first, one for each revision
    std::optional<LeftData> left_data;       // only while there is no release
    friend bool operator==(const Journal&, const Journal&) = default;
};

}  // namespace model
