// Whether the members answer, and agree on what they are.
#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "health/case.hpp"

namespace health {
namespace {

using model::MemberAnswers;
using model::Trouble;

void unanswered(Case& one, const MemberAnswers& member) {
    const std::string why = member.failures.empty() ? "does not answer a linearizable read" : member.failures.front();
    switch (member.trouble) {
        case Trouble::certificate_expired:
            return one.fail("certificate-expired", member.pod, why, renew_served_certificate);
        case Trouble::certificate_untrusted:
            return one.fail("certificate-untrusted", member.pod, why,
                            "the authority (ca.crt) in the Secret for clients is not the one that signed the "
                            "member's certificate: put both from one authority into it");
        case Trouble::certificate_refused:
            return one.fail("certificate-refused", member.pod, why,
                            "the member does not accept the client certificate of the Secret: it has expired, or is "
                            "signed by an authority that the member does not trust");
        case Trouble::certificate_name:
            return one.fail("certificate-name", member.pod, why,
                            "make a certificate for the names that the StatefulSet's pods and Services have "
                            "(*.SERVICE.NAMESPACE.svc), or correct what the member advertises");
        case Trouble::tls:
            return one.fail("tls", member.pod, why,
                            "see whether the certificate and the key in the Secret for clients belong together, and "
                            "whether the member serves TLS on this port as its settings say");
        case Trouble::unresolved:
            return one.fail("address", member.pod, why,
                            "the names of pods are known inside the cluster only: run there, or with "
                            "etcd-access: port-forward");
        case Trouble::login:
            // The same for every member: it is a matter of the cluster.
            return one.fail("login", "", why,
                            "see that the Secret or the input etcd-password holds the password that etcd knows");
        case Trouble::way:
            return one.fail("port-forward", member.pod, why,
                            "verify once more; if it stays, see whether etcd ended meanwhile (kubectl describe pod " +
                                member.pod + "), and the way to it: the API server, and the kubelet of " +
                                (member.node.empty() ? "its node" : "node " + member.node));
        case Trouble::none:
        case Trouble::other: break;
    }
    one.fail("linearizable-read", member.pod, why,
             "its log tells what it is busy with (kubectl logs, or etcd-deploy diagnose)");
}

void password(Case& one) {
    if (one.seen().password_is_idle) {
        one.warn("authentication", "",
                 "there is a password of etcd's user root, and etcd asks nobody for one: its authentication is off",
                 "when all who use it know a password, switch it on (etcdctl user add root, user grant-role root root, "
                 "auth enable); or take the password out of the values");
    }
}

void reachable(Case& one) {
    for (const auto& member : one.members()) {
        if (!member.state.running) {
            one.fail("pod-running", member.pod,
                     "its pod does not run" + (member.state.phrase.empty() ? "" : ": " + member.state.phrase),
                     "etcd-deploy diagnose tells what keeps it from running");
            continue;
        }
        // A learner refuses the read; that it is one is a finding of its own.
        const bool is_learner = member.status && member.status->is_learner;
        if (!member.linearizable_read && !is_learner) {
            unanswered(one, member);
            continue;
        }
        if (!member.linearizable_read) {
            continue;
        }
        one.health().healthy_members += 1;
        for (const auto& failure : member.failures) {
            one.fail("answers", member.pod, failure, "this question must be answered before the member can be judged");
        }
    }
    if (one.seen().replicas == 0) {
        one.fail("members-running", "", "the StatefulSet is scaled to 0: no member is asked for",
                 "nobody can read or write: deploy with a replicaCount, the volumes have the data");
    }
    if (one.members().size() != one.seen().replicas) {
        one.fail("members-running", "",
                 std::to_string(one.members().size()) +
                     (one.members().size() == 1 ? " pod runs where " : " pods run where ") +
                     std::to_string(one.seen().replicas) + " are asked for",
                 "kubectl get pods shows which is missing");
    }
}

void one_cluster(Case& one) {
    std::map<std::uint64_t, std::vector<std::string>> pods;  // by cluster ID
    for (const auto& member : one.members()) {
        if (member.status) {
            pods[member.status->cluster_id].push_back(member.pod);
        }
    }
    if (pods.size() > 1) {
        std::vector<std::string> clusters;
        for (const auto& [id, those] : pods) {
            clusters.push_back(base::join(those, ", ") + " to " + model::hex_id(id));
        }
        one.fail("one-cluster", "",
                 "the members belong to " + std::to_string(pods.size()) +
                     " different clusters: " + base::join(clusters, "; "),
                 "see which one holds your data (etcdctl endpoint status, get --prefix --keys-only) before anything "
                 "is removed; the other members then join it anew with an empty volume");
    } else if (pods.size() == 1) {
        one.health().cluster_id = pods.begin()->first;
    }
}

void one_leader(Case& one) {
    std::set<std::uint64_t> leaders;
    for (const auto& member : one.members()) {
        const bool says_none = member.metrics && member.metrics->has_leader == false;
        if ((member.status && member.status->leader_id == 0) || says_none) {
            one.fail("one-leader", member.pod, "knows no leader",
                     "it cannot reach a majority of the members: see the network between the pods, port 2380");
        } else if (member.status) {
            leaders.insert(member.status->leader_id);
        }
    }
    const bool in_one_cluster = one.health().cluster_id != 0;  // of several each has its own leader, rightly
    if (leaders.size() > 1 && in_one_cluster) {
        one.fail("one-leader", "", "the members name " + std::to_string(leaders.size()) + " different leaders",
                 "an election may be under way: ask again; if it stays, see the network between the pods");
    } else if (leaders.size() == 1) {
        one.health().leader = one.name_of(*leaders.begin());
    }
}

void alarms(Case& one) {
    for (const auto& member : one.members()) {
        for (const auto& alarm : member.alarms.value_or(std::vector<model::Alarm>())) {
            const std::string pod = one.name_of(alarm.member_id);
            if (alarm.type == "NOSPACE") {
                one.fail("alarm", pod, "alarm NOSPACE: the database is full, writes are refused",
                         "compact, defragment, then etcdctl alarm disarm; raise quotaBackendBytes if it fills again");
            } else {
                one.fail("alarm", pod, "alarm " + alarm.type,
                         "its data differs from the others': remove the member and let it join anew with an empty "
                         "volume");
            }
        }
    }
}

}  // namespace

void judge_answers(Case& one) {
    reachable(one);
    one_cluster(one);
    one_leader(one);
    alarms(one);
    password(one);
}

}  // namespace health
