#include <algorithm>

#include "base/text.hpp"
#include "diagnose/commands.hpp"
#include "diagnose/log_rules.hpp"
#include "diagnose/rules.hpp"
#include "health/judge.hpp"

namespace diagnose {
namespace {

using base::shell_word;
using model::Certainty;
using model::ClusterHealth;
using model::Finding;

std::size_t quorum_of(const ClusterHealth& health) {
    return health.voters / 2 + 1;
}

// We are not let in, or do not get there: others may well be served.
bool says_nothing_of_etcd(const model::MemberAnswers& answers) {
    using model::Trouble;
    switch (answers.trouble) {
        case Trouble::none:
        case Trouble::other: return false;
        case Trouble::certificate_expired:
        case Trouble::certificate_untrusted:
        case Trouble::certificate_refused:
        case Trouble::certificate_name:
        case Trouble::tls:
        case Trouble::unresolved:
        case Trouble::login:
        case Trouble::way: break;
    }
    return true;
}

std::string who(const Finding& finding) {
    return finding.subject.empty() ? std::string() : finding.subject + ": ";
}

// The revision up to which history may go; empty: not known.
std::string newest_revision(const Facts& facts) {
    std::uint64_t newest = 0;
    for (const auto& member : facts.answers.value_or(std::vector<model::MemberAnswers>())) {
        newest = std::max(newest, member.metrics ? member.metrics->current_revision.value_or(0) : 0);
    }
    return newest == 0 ? std::string() : std::to_string(newest);
}

Found no_space(const Facts& facts, const Finding& finding) {
    Found found{.rule = "no-space-alarm",
                .certainty = Certainty::certain,
                .depth = Depth::etcd,
                .headline = "the database is full (alarm NOSPACE): etcd refuses every write",
                .pods = {},
                .advice =
                    "compact, defragment, then disarm the alarm; if it fills again, raise quotaBackendBytes and "
                    "set autoCompactionRetention",
                .commands = {},
                .evidence = {who(finding) + finding.message}};
    if (const auto revision = newest_revision(facts); !revision.empty()) {
        found.commands.push_back(etcdctl(facts, "compact " + revision));
    }
    found.commands.push_back(etcdctl(facts, "defrag --cluster"));
    found.commands.push_back(etcdctl(facts, "alarm disarm"));
    if (facts.answers) {
        for (const auto& member : *facts.answers) {
            if (member.status) {
                const auto& status = *member.status;
                found.evidence.push_back(member.pod + ": database " + base::human_bytes(status.db_size) + ", in use " +
                                         base::human_bytes(status.db_size_in_use) +
                                         (status.db_quota == 0 ? "" : ", quota " + base::human_bytes(status.db_quota)));
            }
        }
    }
    return found;
}

std::vector<std::string> commands_for(const Facts& facts, const Finding& finding) {
    const auto word_after = [&](const std::string& text) {  // "member 1a2b was added …" -> "1a2b"
        const auto begin = finding.message.find(text);
        return begin == std::string::npos
                   ? std::string()
                   : shell_word(finding.message.substr(
                         begin + text.size(), finding.message.find(' ', begin + text.size()) - begin - text.size()));
    };
    if (finding.rule == "unstarted-member") {
        return {etcdctl(facts, "member remove " + word_after("member ")), etcdctl(facts, "member list -w table")};
    }
    if (finding.rule == "learner") {
        return {etcdctl(facts, "member promote " + word_after("member ")),
                etcdctl(facts, "member remove " + word_after("member "))};
    }
    if (finding.rule == "alarm") {
        return join_anew(facts, finding.subject);
    }
    if (finding.rule == "quota" || finding.rule == "fragmentation") {
        std::vector<std::string> commands;
        if (const auto revision = newest_revision(facts); finding.rule == "quota" && !revision.empty()) {
            commands.push_back(etcdctl(facts, "compact " + revision));
        }
        commands.push_back(etcdctl(facts, "defrag --cluster"));
        return commands;
    }
    if (finding.rule == "member-count") {
        return {etcdctl(facts, "member list -w table"), deploy_again(facts)};
    }
    if (finding.rule.starts_with("certificate-expir")) {
        return {kubectl(facts, "get secrets")};
    }
    return {etcdctl(facts, "endpoint status --cluster -w table")};
}

// A quorum that is lost, or a cluster without a leader: the reason first, if it is known.
void judge_quorum(const Facts& facts, const ClusterHealth& health, Causes& causes) {
    const auto counted = std::to_string(health.healthy_members) + " of " + std::to_string(health.voters) +
                         " members work, and " + std::to_string(quorum_of(health)) + " are needed";
    const auto line = "etcd has lost its quorum: " + counted + "; it takes no writes";
    if (causes.follows_any(line)) {
        return;
    }
    Found found{.rule = "quorum-lost",
                .certainty = Certainty::certain,
                .depth = Depth::etcd,
                .headline = "etcd has no quorum: " + counted + "; it takes no writes",
                .pods = {},
                .advice =
                    "bring the members back: the pods run, so see the network between them (port 2380) and "
                    "their logs",
                .commands = {kubectl(facts, "get pods -o wide"), kubectl(facts, "get networkpolicies"),
                             etcdctl(facts, "endpoint status --cluster -w table")},
                .evidence = {}};
    for (const auto& member : health.members) {
        for (const auto& failure : member.failures) {
            found.evidence.push_back(member.pod + ": " + quoted(failure));
        }
    }
    causes.add(std::move(found));
}

bool is_of_quorum(const Finding& finding) {
    return finding.rule == "linearizable-read" || finding.rule == "one-leader" || finding.rule == "answers" ||
           finding.rule == "members-running";
}

model::Labels labels_of(const Facts& facts) {
    const auto pods = facts.members();
    return pods.empty() ? model::Labels() : pods.front()->meta.labels;
}

// What is only a warning is told once, of all members that it is true of.
bool is_repeated(const ClusterHealth& health, const Finding& finding) {
    const auto first = std::ranges::find(health.findings, finding.rule, &Finding::rule);
    return finding.severity != model::Severity::failure && &*first != &finding;
}

std::vector<std::string> evidence_of(const ClusterHealth& health, const Finding& finding) {
    const bool once_for_all = finding.severity != model::Severity::failure;
    std::vector<std::string> lines;
    for (const auto& each : health.findings) {
        if (&each == &finding || (once_for_all && each.rule == finding.rule)) {
            lines.push_back(who(each) + quoted(each.message));
        }
    }
    return lines;
}

void judge_finding(const Facts& facts, const ClusterHealth& health, const Finding& finding, bool quorum_lost,
                   Causes& causes) {
    const bool failure = finding.severity == model::Severity::failure;
    const bool is_result = finding.rule == "tolerance" || is_of_quorum(finding);
    if (is_result && (quorum_lost || (!finding.subject.empty() && causes.blames(finding.subject)) ||
                      causes.follows_any("etcd: " + who(finding) + quoted(finding.message)))) {
        return;
    }
    if (finding.rule == "alarm" && finding.message.contains("NOSPACE")) {
        causes.add(no_space(facts, finding));
        return;
    }
    causes.add({.rule = finding.rule,
                .certainty = failure ? (is_result ? Certainty::likely : Certainty::certain) : Certainty::possible,
                .depth = failure ? Depth::etcd : Depth::remark,
                .headline = who(finding) + quoted(finding.message),
                .pods = {},
                .advice = finding.hint,
                .commands = commands_for(facts, finding),
                .evidence = evidence_of(health, finding)});
}

// What members that run write of late.
void judge_complaints(const Facts& facts, Causes& causes) {
    for (const auto* pod : facts.members()) {
        if (!pod->ready()) {
            continue;
        }
        for (auto& found : complaints(facts, pod->meta.name, log_lines(log_of(facts, pod->meta.name, facts.container)),
                                      facts.now - recent)) {
            // With a member down the others complain of it: that is no news.
            const bool known = found.rule == "peers-unreachable" || found.rule == "names-not-resolved";
            const bool grown = pod->meta.created && facts.now - *pod->meta.created < recent;
            if (causes.has(found.rule) ||
                (known && (grown || causes.follows_any("log of " + pod->meta.name + " complains of it")))) {
                continue;
            }
            found.depth = found.certainty == Certainty::possible ? Depth::remark : Depth::etcd;
            causes.add(std::move(found));
        }
    }
}

bool selects(const model::Service& service, const model::Pod& pod) {
    return !service.selector.empty() && std::ranges::all_of(service.selector, [&](const auto& wanted) {
        const auto label = pod.meta.labels.find(wanted.first);
        return label != pod.meta.labels.end() && label->second == wanted.second;
    });
}

// Members find each other, and clients them, by Services.
void judge_services(const Facts& facts, Causes& causes) {
    const auto* set = facts.set();
    if (set == nullptr || !facts.services) {
        return;
    }
    const auto& services = *facts.services;
    if (!set->service_name.empty() &&
        std::ranges::find(services, set->service_name, &model::Service::name) == services.end()) {
        std::vector<std::string> pods;
        for (const auto* pod : facts.members()) {
            pods.push_back(pod->meta.name);
        }
        causes.add({.rule = "headless-service-missing",
                    .certainty = Certainty::certain,
                    .depth = Depth::creation,
                    .headline = "the headless Service " + set->service_name +
                                " is missing: the members have no names to find each other by",
                    .pods = std::move(pods),
                    .advice = "deploy again: helm makes it anew",
                    .commands = {deploy_again(facts)},
                    .evidence = {"StatefulSet " + set->meta.name + " names it in spec.serviceName"}});
    }
    if (!facts.endpoint_slices) {
        return;
    }
    for (const auto& service : services) {
        const auto members = facts.members();
        const auto ready_pods =
            std::ranges::count_if(members, [&](const auto* pod) { return pod->ready() && selects(service, *pod); });
        std::size_t addresses = 0;
        for (const auto& slice : *facts.endpoint_slices) {
            addresses += slice.service == service.name ? slice.ready : 0;
        }
        if (ready_pods > 0 && addresses == 0) {
            causes.add({.rule = "service-without-endpoints",
                        .certainty = Certainty::likely,
                        .depth = Depth::etcd,
                        .headline = "Service " + service.name + " leads nowhere, though " + std::to_string(ready_pods) +
                                    " members are ready",
                        .pods = {},
                        .advice = "see whether Kubernetes' endpoint slice controller works, and the Service's selector",
                        .commands = {kubectl(facts, "describe service " + shell_word(service.name)),
                                     kubectl(facts, "get endpointslices")},
                        .evidence = {}});
        }
    }
}

}  // namespace

std::optional<ClusterHealth> judge_etcd(const Facts& facts, Causes& causes) {
    judge_services(facts, causes);
    const auto* set = facts.set();
    std::optional<ClusterHealth> health;
    if (set != nullptr && set->replicas == 0) {
        causes.add({.rule = "scaled-to-zero",
                    .certainty = Certainty::certain,
                    .depth = Depth::place,
                    .headline = "StatefulSet " + set->meta.name + " asks for no member at all (replicas 0)",
                    .pods = {},
                    .advice = "somebody stopped the cluster: scale it back to the number of members that it had",
                    .commands = {deploy_again(facts)},
                    .evidence = {}});
    } else if (set != nullptr && facts.answers && facts.answers->size() == facts.members().size()) {
        // Not of some: where others could not be asked, as without a right, what they are is not known.
        health = health::judge(model::Observations{.members = *facts.answers,
                                                   .replicas = static_cast<std::size_t>(set->replicas),
                                                   .now = facts.now,
                                                   .pod_labels = labels_of(facts),
                                                   .budgets = facts.budgets,
                                                   .certificates = facts.certificates,
                                                   .configured_quota = facts.quota});
        const auto unknown = std::ranges::count_if(*facts.answers, says_nothing_of_etcd);
        const bool quorum_lost = health->healthy_members + static_cast<std::size_t>(unknown) < quorum_of(*health);
        if (quorum_lost) {
            judge_quorum(facts, *health, causes);
        }
        for (const auto& finding : health->findings) {
            if (!is_repeated(*health, finding)) {
                judge_finding(facts, *health, finding, quorum_lost, causes);
            }
        }
    }
    judge_complaints(facts, causes);
    return health;
}

}  // namespace diagnose
