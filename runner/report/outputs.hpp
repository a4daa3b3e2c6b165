// The action's outputs: names and what they say. A test holds action.yml and
// docs/inputs.md to this table.
#pragma once

#include <array>
#include <string_view>

namespace report {

struct Output {
    std::string_view name;
    std::string_view description;
};

inline constexpr std::array output_table{
    Output{"status",
           "How it ended: `healthy` (etcd runs and is well, changed or not), `unhealthy` (its members run, but etcd is "
           "not well), `planned` (nothing was to be changed), `uninstalled` (there is no release any more, or there "
           "was none), `connected` (the "
           "endpoints were found; the file, if there is one, holds them), `stale` (it does not: with `check`, or in a "
           "dry run), `failed`, `timed-out`, `cancelled`, or `refused` (nothing was touched)."},
    Output{"changed", "`true` when the run changed anything in the cluster, or with `connect` the file, else `false`."},
    Output{"changes", "Of `plan`: `true` when `install` would change anything, else `false`."},
    Output{"revision", "Revision of the helm release after the run."},
    Output{"etcd-version", "Lowest version of etcd among the members, for instance `3.7.3`."},
    Output{"endpoints", "Addresses of the members within the cluster, `host:port` with commas between them."},
    Output{"leader", "Pod of the member that leads."},
    Output{"members", "Number of members that etcd lists as voters."},
    Output{"members-healthy", "Number of members that are well."},
    Output{"may-fail", "How many members may fail from now on before writes stop."},
    Output{"failures", "Number of findings that make etcd unhealthy."},
    Output{"warnings", "Number of findings that are worth a look, and make nothing fail."},
    Output{"longest-write-gap",
           "Longest time without an acknowledged write while members were replaced, in seconds, for instance `0.083`; "
           "empty when it was not measured."},
    Output{"lowest-members-healthy",
           "Lowest number of members that were well at the same time while members were replaced; empty when it was "
           "not measured."},
    Output{"leader-changes",
           "How often the leader changed while members were replaced; empty when it was not measured."},
    Output{"cluster-id",
           "ID of the etcd cluster in hexadecimal digits. Names and token decide it: "
           "another cluster that began with the same has the same ID."},
};

}  // namespace report
