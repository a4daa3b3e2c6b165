// The members' databases: size, order, progress, version, and whether they are the same.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>

#include "base/text.hpp"
#include "health/case.hpp"

namespace health {
namespace {

using model::MemberAnswers;

// etcd stops taking proposals at a lag of 5000 (server/etcdserver/v3_server.go, maxGapBetweenApplyAndCommitIndex).
constexpr std::uint64_t worrying_lag = 1000;
// etcd's own alert etcdDatabaseQuotaLowSpace (contrib/mixin) and OpenShift's operator.
constexpr std::uint64_t full_percent = 95;
// Below this there is nothing to win by defragmenting (etcdDatabaseHighFragmentationRatio).
constexpr std::uint64_t worth_defragmenting = std::uint64_t{100} << 20U;
// Revisions that nobody has compacted: each costs memory for its index and space in the database.
constexpr std::uint64_t many_revisions = 1'000'000;

struct Version {
    std::array<unsigned, 3> parts{};
    friend auto operator<=>(const Version&, const Version&) = default;
};

// "3.7.3" or "3.7.0-rc.1"; what is no number counts as 0.
Version parse_version(std::string_view text) {
    Version version;
    const char* position = text.data();
    const char* const end = text.data() + text.size();
    for (unsigned& part : version.parts) {
        const auto [next, error] = std::from_chars(position, end, part);
        if (error != std::errc() || next == end || *next != '.') {
            break;
        }
        position = next + 1;
    }
    return version;
}

// Before etcd 3.6 the status does not tell it.
std::uint64_t quota_of(const Case& one, const MemberAnswers& member) {
    if (member.status->db_quota > 0) {
        return member.status->db_quota;
    }
    return member.metrics && member.metrics->db_quota ? *member.metrics->db_quota : one.seen().configured_quota;
}

void databases(Case& one) {
    for (const auto& member : one.members()) {
        if (!member.status) {
            continue;
        }
        const auto& status = *member.status;
        const auto quota = quota_of(one, member);
        if (quota > 0 && status.db_size > quota / 100 * full_percent) {
            one.fail("quota", member.pod,
                     "the database has " + base::human_bytes(status.db_size) + " of its quota of " +
                         base::human_bytes(quota),
                     "compact and defragment now, or raise quotaBackendBytes: at the quota etcd refuses writes");
        }
        if (status.db_size_in_use > worth_defragmenting && status.db_size_in_use < status.db_size / 2) {
            one.warn("fragmentation", member.pod,
                     "less than half of the database file is in use (" + base::human_bytes(status.db_size_in_use) +
                         " of " + base::human_bytes(status.db_size) + ")",
                     "etcdctl defrag, one member at a time, the leader last");
        }
        if (status.raft_index > status.raft_applied_index + worrying_lag) {
            one.warn(
                "raft-lag", member.pod,
                "is " + std::to_string(status.raft_index - status.raft_applied_index) + " entries behind in applying",
                "its disk or CPU is too slow; above 5000 etcd refuses writes");
        }
    }
}

void compaction(Case& one) {
    for (const auto& member : one.members()) {
        if (!member.metrics || !member.metrics->current_revision || !member.metrics->compact_revision) {
            continue;
        }
        const auto now = *member.metrics->current_revision;
        const auto compacted = *member.metrics->compact_revision;
        if (now > compacted + many_revisions) {
            one.warn("compaction", "",
                     std::to_string(now - compacted) + " revisions are kept" +
                         (compacted == 0 ? ", nothing was ever compacted" : " since the last compaction"),
                     "set autoCompactionMode and autoCompactionRetention, or have the clients compact");
            return;  // the members compact together
        }
    }
}

void versions(Case& one) {
    std::map<Version, std::string> seen;
    for (const auto& member : one.members()) {
        if (member.status) {
            seen.emplace(parse_version(member.status->version), member.status->version);
        }
    }
    if (seen.empty()) {
        return;
    }
    one.health().version = seen.begin()->second;
    if (seen.size() > 1) {
        one.warn("version-skew", "",
                 "the members run different versions, " + seen.begin()->second + " to " + seen.rbegin()->second,
                 "normal while an upgrade is under way: finish it");
    }
}

std::string hash_text(std::uint32_t hash) {
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%08x", hash);
    return text.data();
}

using Hashes = std::map<std::uint32_t, std::vector<std::string>>;  // hash -> pods

void differ(Case& one, std::uint64_t revision, const Hashes& hashes) {
    std::string text = "the data at revision " + std::to_string(revision) + " is not the same: ";
    std::size_t all = 0;
    const auto most = std::ranges::max_element(hashes, {}, [](const auto& entry) { return entry.second.size(); });
    for (const auto& [hash, pods] : hashes) {
        text += (all == 0 ? "" : "; ") + base::join(pods, ", ") + " has hash " + hash_text(hash);
        all += pods.size();
    }
    // Without a majority nobody can tell whose data is right.
    if (most->second.size() * 2 <= all) {
        one.fail("same-data", "", text,
                 "no majority agrees: take a snapshot of each member before anything else, and compare their contents");
        return;
    }
    for (const auto& [hash, pods] : hashes) {
        if (hash != most->first) {
            for (const auto& pod : pods) {
                one.fail("same-data", pod, text,
                         "take a snapshot, then remove this member and let it join anew with an empty volume");
            }
        }
    }
}

// etcd's own corruption check compares the same: hashes of one revision and one compaction.
void same_data(Case& one) {
    std::map<std::pair<std::uint64_t, std::uint64_t>, Hashes> comparable;
    for (const auto& member : one.members()) {
        if (member.hash) {
            comparable[{member.hash->revision, member.hash->compact_revision}][member.hash->hash].push_back(member.pod);
        }
    }
    if (comparable.size() > 1) {
        one.note("whether the members' data are the same: they were being compacted just then");
    }
    for (const auto& [revisions, hashes] : comparable) {
        if (hashes.size() > 1) {
            differ(one, revisions.first, hashes);
        }
    }
}

}  // namespace

void judge_data(Case& one) {
    databases(one);
    compaction(one);
    versions(one);
    same_data(one);
}

}  // namespace health
