#include "health/availability.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace health {
namespace {

using model::KeyAnswer;
using model::WriteSample;
using std::chrono::milliseconds;

std::optional<model::WriteGap> longest_gap(const model::ProbeSamples& samples) {
    std::optional<model::WriteGap> longest;
    const auto consider = [&longest](milliseconds begin, milliseconds end) {
        if (end >= begin && (!longest || end - begin > longest->length)) {
            longest = model::WriteGap{.length = end - begin, .begin = begin};
        }
    };
    milliseconds last = samples.begin;
    bool failed_since = false;
    for (const auto& write : samples.writes) {
        if (write.acknowledged) {
            const auto ended = std::min(write.ended, samples.end);  // nobody else wrote after that
            consider(last, ended);
            last = std::max(last, ended);
        }
        failed_since = !write.acknowledged;
    }
    if (failed_since) {
        consider(last, samples.end);
    }
    return longest;
}

std::optional<std::size_t> lowest_healthy(const model::ProbeSamples& samples) {
    std::optional<std::size_t> lowest;
    std::map<std::string, bool> healthy;
    for (const auto& status : samples.statuses) {
        healthy[status.pod] = status.healthy;
        if (healthy.size() < samples.members || status.at < samples.begin) {
            continue;  // of somebody nothing is known yet, or the ways to them were being opened
        }
        const auto now =
            static_cast<std::size_t>(std::ranges::count_if(healthy, [](const auto& member) { return member.second; }));
        lowest = std::min(lowest.value_or(now), now);
    }
    return lowest;
}

// A term has one leader at most, and nothing is written in one that has none.
std::optional<std::uint64_t> leader_changes(const model::ProbeSamples& samples) {
    std::set<std::uint64_t> terms;
    for (const auto& write : samples.writes) {
        terms.insert(write.acknowledged ? write.acknowledged->raft_term : 0);
    }
    for (const auto& status : samples.statuses) {
        terms.insert(status.healthy ? status.raft_term : 0);
    }
    terms.erase(0);
    return terms.empty() ? std::nullopt : std::optional<std::uint64_t>(terms.size() - 1);
}

std::string at_revision(std::uint64_t revision) {
    return "the write that etcd acknowledged at revision " + std::to_string(revision);
}

// What etcd has acknowledged up to some moment.
class Known {
public:
    void add(const KeyAnswer& write) {
        cluster_id_ = write.cluster_id;
        revisions_.insert(std::ranges::upper_bound(revisions_, write.revision), write.revision);  // mostly at the end
    }

    // What is wrong with the answer to a question that was asked afterwards; empty: nothing.
    [[nodiscard]] std::string contradiction(const KeyAnswer& now) const {
        if (revisions_.empty()) {
            return {};
        }
        const auto last = revisions_.back();
        if (now.cluster_id != cluster_id_) {
            return "etcd's cluster ID changed from " + model::hex_id(cluster_id_) + " to " +
                   model::hex_id(now.cluster_id) + ": its data are others";
        }
        if (now.revision < last) {
            return at_revision(last) + " is gone: later etcd was at revision " + std::to_string(now.revision);
        }
        if (!now.key) {
            return {};  // its lease has run out, or somebody deleted it: the history is as it was
        }
        if (now.key->mod_revision < last) {
            return at_revision(last) + " is gone: the key was last written at revision " +
                   std::to_string(now.key->mod_revision);
        }
        // Those since the key was made.
        const auto counted = revisions_.end() - std::ranges::lower_bound(revisions_, now.key->create_revision);
        if (now.key->version < static_cast<std::uint64_t>(counted)) {
            return "of " + std::to_string(counted) + " writes that etcd acknowledged it has counted only " +
                   std::to_string(now.key->version);
        }
        return {};
    }

    [[nodiscard]] std::string given_twice() const {
        const auto twice = std::ranges::adjacent_find(revisions_);
        return twice == revisions_.end() ? std::string()
                                         : at_revision(*twice) + " is gone: another one was given the same revision";
    }

private:
    std::uint64_t cluster_id_ = 0;
    std::vector<std::uint64_t> revisions_;  // rising
};

// A write must know of all that were acknowledged before it was sent; of others, which were under way
// at the same time, it need not. `samples.writes` are in order of their ends.
std::string lost_write(const model::ProbeSamples& samples) {
    std::vector<const WriteSample*> by_end;
    for (const auto& write : samples.writes) {
        if (write.acknowledged) {
            by_end.push_back(&write);
        }
    }
    auto by_beginning = by_end;
    std::ranges::stable_sort(by_beginning, {}, &WriteSample::sent);
    Known known;
    auto next = by_end.begin();
    for (const auto* write : by_beginning) {
        for (; next != by_end.end() && (*next)->ended < write->sent; ++next) {
            known.add(*(*next)->acknowledged);
        }
        if (auto wrong = known.contradiction(*write->acknowledged); !wrong.empty()) {
            return wrong;
        }
    }
    for (; next != by_end.end(); ++next) {
        known.add(*(*next)->acknowledged);
    }
    auto wrong = known.given_twice();
    return wrong.empty() && samples.last_read ? known.contradiction(*samples.last_read) : wrong;
}

}  // namespace

model::Availability availability(model::ProbeSamples samples) {
    std::ranges::stable_sort(samples.writes, {}, &WriteSample::ended);
    std::ranges::stable_sort(samples.statuses, {}, &model::MemberSample::at);
    model::Availability ledger{
        .begin = samples.begin, .end = samples.end, .members = samples.members, .note = std::move(samples.note)};
    ledger.acknowledged = static_cast<std::uint64_t>(
        std::ranges::count_if(samples.writes, [](const auto& write) { return write.acknowledged.has_value(); }));
    ledger.failed = samples.writes.size() - ledger.acknowledged;
    ledger.longest_gap = longest_gap(samples);
    ledger.lowest_healthy = lowest_healthy(samples);
    ledger.leader_changes = leader_changes(samples);
    ledger.lost_write = lost_write(samples);
    ledger.all_writes_found = ledger.acknowledged > 0 && samples.last_read && samples.last_read->key &&
                              samples.last_read->key->version >= ledger.acknowledged && ledger.lost_write.empty();
    return ledger;
}

std::optional<model::Finding> lost_write_finding(const model::Availability& ledger) {
    if (ledger.lost_write.empty()) {
        return std::nullopt;
    }
    return model::Finding{.severity = model::Severity::failure,
                          .rule = "availability",
                          .subject = {},
                          .message = "an acknowledged write was lost while members were replaced: " + ledger.lost_write,
                          .hint =
                              "take a snapshot of each member before anything else, then compare them: a member "
                              "without its data has joined, or etcd does not sync its disk"};
}

}  // namespace health
