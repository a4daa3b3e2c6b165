#include "diagnose/log_rules.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "diagnose/commands.hpp"

namespace diagnose {
namespace {

using model::Certainty;

constexpr std::size_t most_lines_told = 3;

using Commands = std::vector<std::string> (*)(const Facts& facts, const std::string& pod);

struct LogRule {
    std::string_view rule;
    std::vector<std::string_view> says;  // any of these, in one line
    std::string_view and_also = {};      // and this as well, in the same line
    std::string_view headline;
    std::string_view advice;
    Commands commands;
    Certainty certainty = Certainty::certain;
};

std::vector<std::string> correct_settings(const Facts& facts, const std::string& pod) {
    auto commands = roll_back(facts, pod);
    commands.push_back(deploy_again(facts));
    return commands;
}

std::vector<std::string> correct_tls(const Facts& facts, const std::string& pod) {
    return {kubectl(facts, "get secrets"), kubectl(facts, "describe pod " + base::shell_word(pod)),
            deploy_again(facts)};
}

std::vector<std::string> see_peers(const Facts& facts, const std::string& /*pod*/) {
    const auto* set = facts.set();
    return {kubectl(facts, "get service,endpointslices,networkpolicy"),
            kubectl(facts, "get service " + base::shell_word(set == nullptr ? "etcd-headless" : set->service_name) +
                               " -o yaml")};
}

std::vector<std::string> delete_pod(const Facts& facts, const std::string& pod) {
    return {kubectl(facts, "delete pod " + base::shell_word(pod))};
}

// Twice the size, where the class allows it.
std::vector<std::string> enlarge_volume(const Facts& facts, const std::string& pod) {
    const auto name = claim_of(facts, pod);
    const auto claim = facts.view.claims().find(name);
    if (claim == facts.view.claims().end()) {
        return {kubectl(facts, "get pvc")};
    }
    bool expands = !facts.storage_classes;
    for (const auto& known : facts.storage_classes.value_or(std::vector<model::StorageClass>())) {
        expands = expands || (known.name == claim->second.storage_class && known.expands);
    }
    const auto& size = claim->second.capacity;
    const auto unit = size.find_first_not_of("0123456789");
    if (!expands || unit == 0 || unit > 6 || unit == std::string::npos) {
        return {kubectl(facts, "describe pvc " + base::shell_word(name))};
    }
    const auto doubled = std::to_string(std::stoul(size.substr(0, unit)) * 2) + size.substr(unit);
    return {
        kubectl(facts, "patch pvc " + base::shell_word(name) + " -p " +
                           base::shell_word(R"({"spec":{"resources":{"requests":{"storage":")" + doubled + "\"}}}}"))};
}

std::vector<std::string> see_status(const Facts& facts, const std::string& /*pod*/) {
    return {etcdctl(facts, "endpoint status --cluster -w table"), etcdctl(facts, "alarm list")};
}

std::vector<std::string> see_nodes(const Facts& facts, const std::string& /*pod*/) {
    return {kubectl(facts, "get pods -o wide")};
}

// The texts are etcd's own, of 3.4 to 3.7 (server/etcdserver, server/embed, server/storage,
// go.etcd.io/raft, bbolt) and Go's; the first that fits is the reason.
const std::vector<LogRule>& ends() {
    static const std::vector<LogRule> rules{
        {.rule = "member-removed",
         .says = {"has been permanently removed from the cluster", "the data-dir used by this member must be removed"},
         .headline = "{pods}: etcd's cluster has removed this member for good; its data is of no use any more",
         .advice = "add it to the cluster anew, with an empty volume",
         .commands = join_anew},
        {.rule = "cluster-id-mismatch",
         .says = {"cluster ID mismatch", "clusterID mismatch"},
         .headline = "{pods}: the volume holds the data of another etcd cluster (cluster ID mismatch)",
         .advice = "see which of the clusters is the right one; a member with the wrong data joins anew with an empty "
                   "volume",
         .commands = join_anew},
        {.rule = "member-data-lost",
         .says = {"has already been bootstrapped", "already been bootstrapped", "is out of range [lastIndex("},
         .headline = "{pods}: the member is known to the cluster, but its volume is empty or was put back: its data is "
                     "lost",
         .advice = "remove the member and add it anew; the others give it the data",
         .commands = join_anew},
        {.rule = "member-count-unequal",
         .says = {"member count is unequal", "error validating peerURLs"},
         .headline = "{pods}: the members that the pod is told of are not those that etcd's cluster has",
         .advice = "a joining member must be told exactly the members there are and itself: compare the member list "
                   "with replicaCount",
         .commands =
             [](const Facts& facts, const std::string& pod) {
                 std::vector<std::string> commands{etcdctl(facts, "member list -w table")};
                 std::ranges::move(join_anew(facts, pod), std::back_inserter(commands));
                 return commands;
             }},
        {.rule = "wrong-name",
         .says = {"couldn't find local name", "has different advertised URLs in the cluster"},
         .headline = "{pods}: the member does not find itself in the initial cluster that it is told",
         .advice = "correct initialCluster, nameOverride or clusterDomain in the values file",
         .commands = correct_settings},
        {.rule = "bad-flag",
         .says = {"flag provided but not defined", "invalid value \"", "error verifying flags", "error setting flags",
                  "conflicting environment variable", "unknown flag", "error parsing flags", "failed to verify flags"},
         .headline = "{pods}: etcd does not accept one of its settings",
         .advice = "correct the setting that the log line names (extraEnvVars and others in the values file)",
         .commands = correct_settings},
        {.rule = "data-dir-forbidden",
         .says = {"permission denied", "Permission denied"},
         .headline = "{pods}: etcd may not write to its data directory or read one of its files",
         .advice = "the volume belongs to another user: set podSecurityContext.fsGroup (with the Bitnami chart "
                   "volumePermissions.enabled) to the user that etcd runs as",
         .commands = [](const Facts& facts, const std::string& /*pod*/) -> std::vector<std::string> {
             return {deploy_again(facts, {"podSecurityContext.fsGroup=1001"})};
         }},
        {.rule = "disk-full",
         .says = {"no space left on device"},
         .headline = "{pods}: the volume is full",
         .advice = "make the volume larger, then compact and defragment",
         .commands = enlarge_volume},
        {.rule = "certificate-expired",
         .says = {"certificate has expired or is not yet valid"},
         .headline = "{pods}: a TLS certificate has expired or is not valid yet",
         .advice = "renew the certificate in its Secret, then restart the member; if it is valid, see the node's clock",
         .commands = correct_tls},
        {.rule = "wrong-certificate",
         .says = {"failed to find any PEM data", "private key does not match public key",
                  "x509: ", "tls: failed to parse", "could not read certificate", "tls: bad certificate",
                  "KeyFile and CertFile must both be present", "tls: unknown certificate"},
         .headline = "{pods}: a TLS certificate, key or CA is not what etcd needs",
         .advice = "see which file the log line names, and what its Secret holds",
         .commands = correct_tls},
        {.rule = "file-missing",
         .says = {"no such file or directory"},
         .and_also = "open ",
         .headline = "{pods}: a file that etcd is told to read is not there",
         .advice = "see which file the log line names: a certificate's name in its Secret, or a mount",
         .commands = correct_tls},
        {.rule = "address-in-use",
         .says = {"address already in use"},
         .headline = "{pods}: another process already uses one of etcd's ports",
         .advice = "with hostNetwork two pods on one node exclude each other; else the last process has not ended: "
                   "delete the pod",
         .commands = delete_pod},
        {.rule = "version-downgrade",
         .says = {"invalid downgrade", "cluster cannot be downgraded", "the running cluster version",
                  "unsupported storage version", "cannot detect storage schema version"},
         .headline = "{pods}: the data was written by a newer etcd than this one",
         .advice = "go back to the newer version: etcd goes down by one minor at most, and only after `etcdctl "
                   "downgrade enable`",
         .commands = correct_settings},
        {.rule = "data-corrupt",
         .says = {"crc mismatch", "wal: ", "snap: ", "cannot be repaired", "failed to recover v3 backend",
                  "freepages: ", "invalid database", "file size too small", "failed to get all reachable pages",
                  "unexpected fault address", "page already freed", "index check failed",
                  "mvcc: range cannot find rev"},
         .headline = "{pods}: the data on the volume is damaged",
         .advice = "while the others have a quorum, let the member join anew with an empty volume; else restore a "
                   "snapshot",
         .commands = join_anew,
         .certainty = Certainty::likely},
        {.rule = "database-full",
         .says = {"database space exceeded"},
         .headline = "{pods}: the database has reached its quota",
         .advice = "compact, defragment, then disarm the alarm; raise quotaBackendBytes if it fills again",
         .commands = see_status},
        {.rule = "names-not-resolved",
         .says = {"no such host", "failed to resolve", "server misbehaving", "couldn't resolve"},
         .headline = "{pods}: the names of the members are not found in DNS",
         .advice = "see the headless Service (publishNotReadyAddresses must be true) and the cluster's DNS",
         .commands = see_peers,
         .certainty = Certainty::likely},
        {.rule = "peers-unreachable",
         .says = {"i/o timeout", "no route to host", "connection refused", "context deadline exceeded"},
         .headline = "{pods}: the member does not reach the others",
         .advice = "see NetworkPolicies and the network between the pods, ports 2379 and 2380",
         .commands = see_peers,
         .certainty = Certainty::likely},
    };
    return rules;
}

// What does not end etcd. Certain of none: it may have passed.
const std::vector<LogRule>& sufferings() {
    static const std::vector<LogRule> rules{
        {.rule = "cluster-id-mismatch",
         .says = {"cluster ID mismatch", "clusterID mismatch"},
         .headline = "{pods}: members of different etcd clusters speak to each other (cluster ID mismatch)",
         .advice = "see which of the clusters is the right one; a member with the wrong data joins anew with an empty "
                   "volume",
         .commands = [](const Facts& facts, const std::string& /*pod*/) -> std::vector<std::string> {
             return {etcdctl(facts, "endpoint status --cluster -w table"), etcdctl(facts, "member list -w table")};
         },
         .certainty = Certainty::likely},
        {.rule = "clock-skew",
         .says = {"high clock drift", "clock difference against peer"},
         .headline = "{pods}: the clocks of the nodes differ",
         .advice = "see that time synchronisation (chrony, systemd-timesyncd) runs on the nodes",
         .commands = see_nodes,
         .certainty = Certainty::possible},
        {.rule = "certificate-expired",
         .says = {"certificate has expired or is not yet valid"},
         .headline = "{pods}: a TLS certificate has expired or is not valid yet",
         .advice = "renew the certificate in its Secret, then restart the members",
         .commands = correct_tls,
         .certainty = Certainty::likely},
        {.rule = "wrong-certificate",
         .says = {"x509: ", "tls: bad certificate", "tls: unknown certificate",
                  "first record does not look like a TLS"},
         .headline = "{pods}: somebody is refused for its TLS certificate",
         .advice = "see who: a peer must have a certificate of the same CA, with its name in it",
         .commands = correct_tls,
         .certainty = Certainty::possible},
        {.rule = "disk-full",
         .says = {"no space left on device"},
         .headline = "{pods}: the volume is full",
         .advice = "make the volume larger, then compact and defragment",
         .commands = enlarge_volume,
         .certainty = Certainty::likely},
        {.rule = "database-full",
         .says = {"database space exceeded"},
         .headline = "{pods}: writes are refused, for the database has reached its quota",
         .advice = "compact, defragment, then disarm the alarm; raise quotaBackendBytes if it fills again",
         .commands = see_status,
         .certainty = Certainty::possible},
        {.rule = "slow-disk",
         .says = {"slow fdatasync", "likely from slow disk", "apply request took too long"},
         .headline = "{pods}: the disk is slow, or the CPU is too busy, for etcd",
         .advice = "give etcd a faster storage class and CPU of its own; the 99th percentile of a WAL fsync should be "
                   "below 10 ms",
         .commands = see_status,
         .certainty = Certainty::possible},
        {.rule = "names-not-resolved",
         .says = {"no such host", "server misbehaving"},
         .headline = "{pods}: the names of other members are not found in DNS",
         .advice = "see the headless Service (publishNotReadyAddresses must be true) and the cluster's DNS",
         .commands = see_peers,
         .certainty = Certainty::possible},
        {.rule = "peers-unreachable",
         .says = {"prober detected unhealthy status", "failed to dial", "i/o timeout", "no route to host"},
         .headline = "{pods}: the member does not reach others",
         .advice = "see NetworkPolicies and the network between the pods, port 2380",
         .commands = see_peers,
         .certainty = Certainty::possible},
    };
    return rules;
}

// In the line as it stands, or in what is shown of it, where JSON's escapes are gone.
bool fits(const LogRule& rule, const LogLine& line) {
    const auto says = [&](const std::string& text) {
        return text.contains(rule.and_also) &&
               std::ranges::any_of(rule.says, [&](std::string_view words) { return text.contains(words); });
    };
    return says(line.all) || says(line.shown);
}

const LogRule* end_rule(const LogLine& line) {
    const auto found = std::ranges::find_if(ends(), [&](const auto& rule) { return fits(rule, line); });
    return found == ends().end() ? nullptr : &*found;
}

// The last lines that fit.
std::vector<std::string> told_by(const LogRule& rule, const std::vector<const LogLine*>& lines) {
    std::vector<std::string> told;
    for (auto line = lines.rbegin(); line != lines.rend() && told.size() < most_lines_told; ++line) {
        if (fits(rule, **line) && std::ranges::find(told, (*line)->shown) == told.end()) {
            told.push_back((*line)->shown);
        }
    }
    std::ranges::reverse(told);
    return told;
}

Found found_by(const LogRule& rule, const Facts& facts, const std::string& pod, const std::vector<std::string>& told) {
    Found found{.rule = std::string(rule.rule),
                .certainty = rule.certainty,
                .depth = Depth::crash,
                .headline = std::string(rule.headline),
                .pods = {pod},
                .advice = std::string(rule.advice),
                .commands = rule.commands(facts, pod),
                .evidence = {}};
    for (const auto& line : told) {
        found.evidence.push_back("log of " + pod + ": " + line);
    }
    return found;
}

}  // namespace

std::optional<Found> reason_to_end(const Facts& facts, const std::string& pod, const std::vector<LogLine>& lines) {
    std::vector<const LogLine*> last_words;  // what is only information or debugging ends nothing
    for (const auto& line : lines) {
        if (line.level != "info" && line.level != "debug") {
            last_words.push_back(&line);
        }
    }
    // What it died of stands in its telling line; the others may tell of what it has got over.
    const auto* telling = telling_line(lines);
    if (const auto* rule = telling == nullptr ? nullptr : end_rule(*telling)) {
        return found_by(*rule, facts, pod, told_by(*rule, last_words));
    }
    for (const auto& rule : ends()) {
        if (const auto told = told_by(rule, last_words); !told.empty()) {
            return found_by(rule, facts, pod, told);
        }
    }
    return std::nullopt;
}

std::optional<Meaning> meaning_of(const LogLine& line) {
    const auto* rule = end_rule(line);
    if (rule == nullptr) {
        return std::nullopt;
    }
    constexpr std::string_view subject = "{pods}: ";
    return Meaning{.what = rule->headline.substr(rule->headline.starts_with(subject) ? subject.size() : 0),
                   .advice = rule->advice,
                   .certain = rule->certainty == Certainty::certain};
}

std::vector<Found> complaints(const Facts& facts, const std::string& pod, const std::vector<LogLine>& lines,
                              model::Timestamp since) {
    std::vector<const LogLine*> recent;
    for (const auto& line : lines) {
        if ((line.time && *line.time >= since) && line.level != "debug") {
            recent.push_back(&line);
        }
    }
    std::vector<Found> all;
    for (const auto& rule : sufferings()) {
        if (const auto told = told_by(rule, recent); !told.empty()) {
            all.push_back(found_by(rule, facts, pod, told));
        }
    }
    return all;
}

}  // namespace diagnose
