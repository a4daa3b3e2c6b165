// What a client that writes all the time has seen while members were replaced: the samples that the
// probe takes (operate/availability), and the ledger that is made of them (health/availability).
// Times count from the start of the run, on its monotonic clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace model {

// The history of a key, as etcd tells it with each value (mvccpb.KeyValue).
// https://etcd.io/docs/v3.6/learning/data_model/
struct KeyState {
    std::uint64_t create_revision = 0;
    std::uint64_t mod_revision = 0;
    std::uint64_t version = 0;  // how often it was written since it was created
    friend bool operator==(const KeyState&, const KeyState&) = default;
};

// etcd's answer to a write or a read of one key.
struct KeyAnswer {
    std::uint64_t cluster_id = 0;
    std::uint64_t revision = 0;
    std::uint64_t raft_term = 0;
    std::optional<KeyState> key;  // after a write: as it was before; nothing: there was none
    friend bool operator==(const KeyAnswer&, const KeyAnswer&) = default;
};

// One write. Without an answer it may have been done or not.
struct WriteSample {
    std::chrono::milliseconds sent{0};
    std::chrono::milliseconds ended{0};
    std::optional<KeyAnswer> acknowledged;
};

// What became of asking one member for its status.
struct MemberSample {
    std::chrono::milliseconds at{0};
    std::string pod;
    bool healthy = false;         // it answered, and knows a leader
    std::uint64_t raft_term = 0;  // 0: unknown
};

struct ProbeSamples {
    std::chrono::milliseconds begin{0};  // from then on writes were to be acknowledged
    std::chrono::milliseconds end{0};
    std::size_t members = 0;  // how many are asked for their status
    std::vector<WriteSample> writes;
    std::vector<MemberSample> statuses;
    std::optional<KeyAnswer> last_read;  // linearizable, after the last write
    std::string note;                    // why it did not go on, or what could not be found out
};

// A stretch of time without an acknowledged write.
struct WriteGap {
    std::chrono::milliseconds length{0};
    std::chrono::milliseconds begin{0};
    friend bool operator==(const WriteGap&, const WriteGap&) = default;
};

// The ledger.
struct Availability {
    std::chrono::milliseconds begin{0};
    std::chrono::milliseconds end{0};
    std::uint64_t acknowledged = 0;  // writes
    std::uint64_t failed = 0;
    std::optional<WriteGap> longest_gap;  // nothing: fewer than two points to measure between
    std::size_t members = 0;
    std::optional<std::size_t> lowest_healthy;  // members at the same time
    std::optional<std::uint64_t> leader_changes;
    bool all_writes_found = false;  // a read at the end has proved each acknowledged write
    std::string lost_write;         // how an acknowledged write was found missing; empty: none was
    std::string note;               // why nothing was measured, or what was not
};

}  // namespace model
