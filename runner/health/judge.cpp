#include "health/judge.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/text.hpp"

namespace health {
namespace {

using model::ClusterHealth;
using model::Finding;
using model::ListedMember;
using model::MemberAnswers;
using model::Severity;

// etcd stops taking proposals at a lag of 5000 (server/etcdserver/v3_server.go, maxGapBetweenApplyAndCommitIndex).
constexpr std::uint64_t worrying_lag = 1000;
// OpenShift's etcd operator raises its quota alarm at the same fill.
constexpr std::uint64_t full_percent = 95;
// Below this there is nothing to win by defragmenting.
constexpr std::uint64_t worth_defragmenting = std::uint64_t{100} << 20U;

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

// Everything known about the cluster, and the findings made on it.
class Judge {
public:
    Judge(std::vector<MemberAnswers> members, std::size_t replicas) : replicas_(replicas) {
        health_.members = std::move(members);
    }

    ClusterHealth verdict() {
        reachable();
        one_cluster();
        one_leader();
        alarms();
        member_list();
        databases();
        lag();
        versions();
        voters();
        std::ranges::stable_sort(health_.findings, {}, &Finding::severity);
        return std::move(health_);
    }

private:
    void fail(std::string rule, std::string subject, std::string message, std::string hint) {
        add({Severity::failure, std::move(rule), std::move(subject), std::move(message), std::move(hint)});
    }
    void warn(std::string rule, std::string subject, std::string message, std::string hint) {
        add({Severity::warning, std::move(rule), std::move(subject), std::move(message), std::move(hint)});
    }
    // What three members report is still one thing to fix.
    void add(Finding finding) {
        const bool known = std::ranges::any_of(health_.findings, [&finding](const Finding& other) {
            return other.rule == finding.rule && other.subject == finding.subject && other.message == finding.message;
        });
        if (!known) {
            health_.findings.push_back(std::move(finding));
        }
    }

    // The pod of a member, by what it says of itself; else its listed name, else its ID.
    std::string name_of(std::uint64_t id) const {
        for (const auto& member : health_.members) {
            if (member.status && member.status->member_id == id) {
                return member.pod;
            }
        }
        for (const auto& member : health_.members) {
            for (const auto& listed : member.members.value_or(std::vector<ListedMember>())) {
                if (listed.id == id && !listed.name.empty()) {
                    return listed.name;
                }
            }
        }
        return "member " + model::hex_id(id);
    }

    void reachable() {
        for (const auto& member : health_.members) {
            if (!member.linearizable_read) {
                fail("linearizable-read", member.pod,
                     member.failures.empty() ? "does not answer a linearizable read" : member.failures.front(),
                     "kubectl logs " + member.pod + " --tail=100 tells what it is busy with");
                continue;
            }
            health_.healthy_members += 1;
            for (const auto& failure : member.failures) {
                fail("answers", member.pod, failure, "this question must be answered before the member can be judged");
            }
        }
        if (health_.members.size() != replicas_) {
            fail("members-running", "",
                 std::to_string(health_.members.size()) + " pods run where " + std::to_string(replicas_) +
                     " are asked for",
                 "kubectl get pods shows which is missing");
        }
    }

    void one_cluster() {
        std::set<std::uint64_t> ids;
        for (const auto& member : health_.members) {
            if (member.status) {
                ids.insert(member.status->cluster_id);
            }
        }
        if (ids.size() > 1) {
            fail("one-cluster", "", "the members belong to " + std::to_string(ids.size()) + " different clusters",
                 "members with data of another cluster must be removed and join anew with an empty volume");
        } else if (ids.size() == 1) {
            health_.cluster_id = *ids.begin();
        }
    }

    void one_leader() {
        std::set<std::uint64_t> leaders;
        for (const auto& member : health_.members) {
            if (member.status && member.status->leader_id == 0) {
                fail("one-leader", member.pod, "knows no leader",
                     "it cannot reach a majority of the members: see the network between the pods, port 2380");
            } else if (member.status) {
                leaders.insert(member.status->leader_id);
            }
        }
        if (leaders.size() > 1) {
            fail("one-leader", "", "the members name " + std::to_string(leaders.size()) + " different leaders",
                 "an election may be under way: ask again; if it stays, see the network between the pods");
        } else if (leaders.size() == 1) {
            health_.leader = name_of(*leaders.begin());
        }
    }

    void alarms() {
        for (const auto& member : health_.members) {
            for (const auto& alarm : member.alarms.value_or(std::vector<model::Alarm>())) {
                const std::string pod = name_of(alarm.member_id);
                if (alarm.type == "NOSPACE") {
                    fail("alarm", pod, "alarm NOSPACE: the database is full, writes are refused",
                         "compact, defragment, then etcdctl alarm disarm; raise quotaBackendBytes if it fills again");
                } else {
                    fail("alarm", pod, "alarm " + alarm.type,
                         "its data differs from the others': remove the member and let it join anew with an empty "
                         "volume");
                }
            }
        }
    }

    void member_list() {
        for (const auto& member : health_.members) {
            if (!member.members) {
                continue;
            }
            if (member.members->size() != replicas_) {
                fail("member-count", "",
                     "etcd lists " + std::to_string(member.members->size()) + " members where " +
                         std::to_string(replicas_) + " are asked for",
                     "etcdctl member list shows which is too many or missing");
            }
            for (const auto& listed : *member.members) {
                if (listed.name.empty()) {
                    fail("unstarted-member", "",
                         "member " + model::hex_id(listed.id) + " was added but has never started",
                         "etcdctl member remove " + model::hex_id(listed.id) + ", unless it is about to join");
                }
                if (listed.is_learner) {
                    fail("learner", "",
                         "member " + model::hex_id(listed.id) + " (" + listed.name + ") is still a learner",
                         "etcdctl member promote " + model::hex_id(listed.id) +
                             " when it has caught up, else remove it");
                }
            }
        }
    }

    void databases() {
        for (const auto& member : health_.members) {
            if (!member.status) {
                continue;
            }
            const auto& status = *member.status;
            const auto limit = status.db_quota / 100 * full_percent;
            if (status.db_quota > 0 && status.db_size > limit) {
                fail("quota", member.pod,
                     "the database has " + base::human_bytes(status.db_size) + " of its quota of " +
                         base::human_bytes(status.db_quota),
                     "compact and defragment now, or raise quotaBackendBytes: at the "
                     "quota etcd refuses writes");
            }
            if (status.db_size_in_use > worth_defragmenting && status.db_size_in_use < status.db_size / 2) {
                warn("fragmentation", member.pod,
                     "less than half of the database file is in use (" + base::human_bytes(status.db_size_in_use) +
                         " of " + base::human_bytes(status.db_size) + ")",
                     "etcdctl defrag, one member at a time, the leader last");
            }
        }
    }

    void lag() {
        for (const auto& member : health_.members) {
            if (member.status && member.status->raft_index > member.status->raft_applied_index + worrying_lag) {
                warn("raft-lag", member.pod,
                     "is " + std::to_string(member.status->raft_index - member.status->raft_applied_index) +
                         " entries behind in applying",
                     "its disk or CPU is too slow; above 5000 etcd refuses writes");
            }
        }
    }

    void versions() {
        std::map<Version, std::string> seen;
        for (const auto& member : health_.members) {
            if (member.status) {
                seen.emplace(parse_version(member.status->version), member.status->version);
            }
        }
        if (seen.empty()) {
            return;
        }
        health_.version = seen.begin()->second;
        if (seen.size() > 1) {
            warn("version-skew", "",
                 "the members run different versions, " + seen.begin()->second + " to " + seen.rbegin()->second,
                 "normal while an upgrade is under way: finish it");
        }
    }

    void voters() {
        for (const auto& member : health_.members) {
            if (member.members) {
                const auto learners = std::ranges::count_if(*member.members, &ListedMember::is_learner);
                health_.voters = member.members->size() - static_cast<std::size_t>(learners);
                break;
            }
        }
        if (health_.voters == 0) {
            health_.voters = replicas_;
        }
        if (health_.voters % 2 == 0) {
            warn("even-voters", "",
                 std::to_string(health_.voters) + " voters survive no more failures than " +
                     std::to_string(health_.voters - 1),
                 "use an odd replicaCount");
        }
        if (health_.tolerance() < 1) {
            warn("tolerance", "", "not a single member may fail now without stopping writes",
                 health_.voters < 3 ? "use three members or more" : "bring the missing members back first");
        }
    }

    std::size_t replicas_;
    ClusterHealth health_;
};

}  // namespace

model::ClusterHealth judge(std::vector<model::MemberAnswers> members, std::size_t replicas) {
    return Judge(std::move(members), replicas).verdict();
}

}  // namespace health
