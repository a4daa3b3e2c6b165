// What etcd's members answered, and what we make of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/pod_state.hpp"

namespace model {

// One entry of etcd's own member list.
struct ListedMember {
    std::uint64_t id = 0;
    std::string name;  // empty: added, but never started
    std::vector<std::string> peer_urls;
    std::vector<std::string> client_urls;
    bool is_learner = false;
    friend bool operator==(const ListedMember&, const ListedMember&) = default;
};

struct Alarm {
    std::uint64_t member_id = 0;
    std::string type;  // NOSPACE, CORRUPT
    friend bool operator==(const Alarm&, const Alarm&) = default;
};

// The answer of /v3/maintenance/status, sizes in bytes.
struct MemberStatus {
    std::uint64_t cluster_id = 0;
    std::uint64_t member_id = 0;
    std::uint64_t leader_id = 0;  // 0: it knows none
    std::uint64_t raft_term = 0;
    std::uint64_t raft_index = 0;
    std::uint64_t raft_applied_index = 0;
    std::uint64_t db_size = 0;
    std::uint64_t db_size_in_use = 0;
    std::uint64_t db_quota = 0;  // 0: not told (etcd before 3.6)
    std::string version;
    bool is_learner = false;
    std::uint64_t revision = 0;  // of the key-value store
    friend bool operator==(const MemberStatus&, const MemberStatus&) = default;
};

using Seconds = std::chrono::duration<double>;

// How long a message to a peer and its answer take, of 100 the slowest but one.
struct PeerRoundTrip {
    std::uint64_t peer_id = 0;
    Seconds p99{0};
    std::uint64_t observations = 0;
    friend bool operator==(const PeerRoundTrip&, const PeerRoundTrip&) = default;
};

// What a member counts of itself (GET /metrics), since it was started. What its
// version does not tell is empty. Percentiles are estimated from histograms, as
// Prometheus does; a histogram without observations tells nothing.
// https://etcd.io/docs/v3.6/metrics/
struct MemberMetrics {
    std::optional<bool> has_leader;
    std::optional<std::uint64_t> leader_changes;
    std::optional<std::uint64_t> proposals_pending;
    std::optional<std::uint64_t> proposals_failed;
    std::optional<Seconds> wal_fsync_p99;
    std::optional<Seconds> backend_commit_p99;
    std::vector<PeerRoundTrip> peer_round_trips;  // by peer ID
    std::optional<std::uint64_t> current_revision;
    std::optional<std::uint64_t> compact_revision;  // 0: nothing was compacted yet
    std::optional<std::uint64_t> resident_memory;   // bytes
    std::optional<std::uint64_t> open_descriptors;
    std::optional<std::uint64_t> most_descriptors;
    std::uint64_t wal_fsyncs = 0;  // observations behind the percentiles
    std::uint64_t backend_commits = 0;
    std::optional<std::uint64_t> db_quota;  // bytes
    std::optional<Timestamp> started;
};

// A member's data at one revision, boiled down (POST /v3/maintenance/hashkv). Comparable
// between members only when both revisions are the same.
struct DataHash {
    std::uint64_t revision = 0;
    std::uint64_t compact_revision = 0;
    std::uint32_t hash = 0;
    friend bool operator==(const DataHash&, const DataHash&) = default;
};

// Why a member gives no answer at all, where that is a matter of its own.
enum class Trouble {
    none,
    other,
    certificate_expired,
    certificate_untrusted,
    certificate_refused,
    certificate_name,  // it is of another name than the one that is asked for
    tls,               // no TLS for another reason: our own certificate or key, or one of both sides speaks none
    unresolved,        // its address is not known here
    login,
    way  // the port-forward failed: of etcd itself nothing is known
};

// Everything one member told us. A question that got no answer leaves its field
// empty and its reason in `failures`.
struct MemberAnswers {
    std::string pod;
    std::string node;
    std::optional<MemberStatus> status;
    std::optional<std::vector<ListedMember>> members;
    // Of all members, as this one knows them. One member is asked: that goes through raft.
    std::optional<std::vector<Alarm>> alarms;
    std::optional<std::chrono::microseconds> linearizable_read;  // how long it took
    std::vector<std::string> failures;                           // one line each, untrusted text
    Trouble trouble = Trouble::none;
    std::optional<MemberMetrics> metrics;
    std::optional<DataHash> hash;
    std::optional<Timestamp> certificate_expires;  // of the server, as the TLS handshake showed it
    PodState state;
};

// A certificate, or authorities, that etcd or its clients have from a Secret.
struct StoredCertificate {
    enum class Use { client, client_authority, peer, peer_authority };
    Use use = Use::client;
    SecretKey place;
    Timestamp expires;  // of several authorities the one that lasts longest
};

// Everything that health is judged by. What could not be found out is empty, and `notes`
// says why.
struct Observations {
    std::vector<MemberAnswers> members;  // one for each pod that there is or should be, by ordinals
    std::size_t replicas = 0;            // how many are asked for
    Timestamp now;
    Labels pod_labels;  // of the members
    std::optional<std::vector<DisruptionBudget>> budgets;
    std::vector<StoredCertificate> certificates;
    std::uint64_t configured_quota = 0;  // bytes, from etcd's settings; 0: unknown
    bool password_is_idle = false;       // there is one of root's, and etcd answers without any
    std::vector<std::string> notes;      // "the zones of the nodes: forbidden"
};

enum class Severity { failure, warning };

struct Finding {
    Severity severity = Severity::failure;
    std::string rule;     // stable name, e.g. "one-leader"
    std::string subject;  // the pod it is about; empty: the cluster
    std::string message;
    std::string hint;  // what to do
};

// The verdict on a whole cluster.
struct ClusterHealth {
    std::vector<MemberAnswers> members;  // in order of ordinals
    std::vector<Finding> findings;       // failures first
    std::uint64_t cluster_id = 0;        // 0: unknown or not agreed upon
    std::string leader;                  // pod name; empty: none agreed upon
    std::string version;                 // lowest version of the members
    std::size_t voters = 0;
    std::size_t healthy_members = 0;
    std::vector<StoredCertificate> certificates;
    // How many members may be evicted now; nullopt: no budget counts them, or it has not counted yet.
    std::optional<std::int32_t> disruptions_allowed;
    std::vector<std::string> notes;  // what was not checked, and why
    [[nodiscard]] bool healthy() const;
    // The types of the alarms that this member has raised, whoever told of them.
    [[nodiscard]] std::vector<std::string> alarms_of(std::uint64_t member_id) const;
    // How many voters may fail from now on before writes stop.
    [[nodiscard]] std::size_t tolerance() const;
};

// etcd prints IDs in hexadecimal without leading zeros.
[[nodiscard]] std::string hex_id(std::uint64_t id);

}  // namespace model
