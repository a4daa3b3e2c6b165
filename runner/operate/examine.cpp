#include "operate/examine.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <iterator>
#include <set>

#include "base/text.hpp"
#include "etcd/authentication.hpp"
#include "etcd/gateway.hpp"
#include "etcd/metrics.hpp"
#include "health/judge.hpp"
#include "model/quantity.hpp"
#include "operate/stored_certificates.hpp"
#include "operate/surroundings.hpp"
#include "rollout/problem.hpp"
#include "sys/certificate.hpp"

namespace operate {
namespace {

using Pods = std::vector<const model::Pod*>;  // beside Observations::members; null: there is none

// HashKV reads every key while it holds the database's lock.
constexpr std::uint64_t largest_hashed = std::uint64_t{1} << 30U;
constexpr int most_hash_rounds = 3;

// Runs `work` for each pod that can be asked.
void for_each_at_once(const Pods& pods, const std::function<void(std::size_t)>& work) {
    at_once(pods.size(), [&](std::size_t index) {
        if (pods[index] != nullptr) {
            work(index);
        }
    });
}

const model::ContainerStatus* etcd_in(const model::Pod& pod, const std::string& container) {
    const auto found = std::ranges::find_if(
        pod.containers, [&](const auto& status) { return !status.is_init && status.name == container; });
    return found == pod.containers.end() ? nullptr : &*found;
}

model::MemberAnswers member_of(const std::string& name, const model::Pod* pod, const rollout::View& view,
                               const etcd::Settings& settings) {
    model::MemberAnswers member{.pod = name};
    const auto claim = view.claims().find(settings.data_claim(name));
    if (claim != view.claims().end()) {
        member.state.claim = claim->first;
        member.state.capacity = claim->second.capacity;
        member.state.storage_class = claim->second.storage_class;
    }
    if (pod == nullptr) {
        member.state.running = false;
        member.state.phrase = "it does not exist";
        return member;
    }
    member.node = pod->node;
    const auto* container = etcd_in(*pod, settings.container);
    member.state.running = container != nullptr && container->running && !pod->terminating();
    if (!member.state.running) {
        member.state.phrase = rollout::pod_phrase(*pod, view);
    }
    if (container != nullptr) {
        member.state.restarts = container->restart_count;
        member.state.last_end = container->last_terminated;
    }
    return member;
}

std::uint64_t memory_limit(const model::PodTemplate& pod_template, const std::string& container) {
    const auto& all = pod_template.containers;
    const auto found = std::ranges::find(all, container, &model::Container::name);
    return found == all.end() ? 0 : model::parse_quantity(found->memory_limit).value_or(0);
}

// Those that should be there by their names, and whoever else is.
void find_members(model::Observations& seen, Pods& pods, const rollout::View& view, const model::StatefulSet& set,
                  const etcd::Settings& settings) {
    const auto owned = view.pods_of(set.meta.uid);
    const auto add = [&](const std::string& name, const model::Pod* pod) {
        seen.members.push_back(member_of(name, pod, view, settings));
        // Of what it was made of: the set may have moved on.
        const bool tells = pod != nullptr && !pod->pod_template.containers.empty();
        seen.members.back().state.memory_limit =
            memory_limit(tells ? pod->pod_template : set.pod_template, settings.container);
        pods.push_back(seen.members.back().state.running ? pod : nullptr);
    };
    std::set<std::string> expected;
    for (std::int32_t index = 0; index < set.replicas; ++index) {
        const auto name = set.meta.name + "-" + std::to_string(set.first_ordinal + index);
        const auto pod = std::ranges::find_if(owned, [&](const auto* one) { return one->meta.name == name; });
        add(name, pod == owned.end() ? nullptr : *pod);
        expected.insert(name);
    }
    for (const auto* pod : owned) {
        if (!expected.contains(pod->meta.name) && !pod->terminating()) {
            add(pod->meta.name, pod);
        }
    }
    for (const auto* pod : owned) {
        seen.pod_labels = pod->meta.labels;
    }
}

std::vector<std::string> nodes_of(const model::Observations& seen) {
    std::vector<std::string> nodes;
    std::ranges::transform(seen.members, std::back_inserter(nodes), &model::MemberAnswers::node);
    return nodes;
}

std::optional<model::Timestamp> expiry_of(const std::string& pem) {
    const auto expires = pem.empty() ? std::nullopt : std::optional(sys::certificate_expiry(pem));
    return expires && *expires ? std::optional<model::Timestamp>(**expires) : std::nullopt;
}

// "3.7.3" -> "3.7"
std::string minor_of(const std::string& version) {
    return version.substr(0, version.find('.', version.find('.') + 1));
}

// Why the data are not compared; empty when nothing stands against it.
std::string obstacle_to_comparing(const model::Observations& seen) {
    std::set<std::string> versions;
    std::set<std::uint64_t> clusters;
    for (const auto& member : seen.members) {
        if (!member.status || !member.linearizable_read) {
            return "not every member answers";
        }
        clusters.insert(member.status->cluster_id);
        if (member.status->is_learner) {
            return "a learner has not got all of it yet";
        }
        if (member.status->db_size_in_use > largest_hashed) {
            return "the database is large (" + base::human_bytes(member.status->db_size_in_use) +
                   "), and reading all of it would hold up writes";
        }
        versions.insert(minor_of(member.status->version));
    }
    if (clusters.size() > 1) {
        return "those of different clusters never are";
    }
    if (versions.size() > 1) {
        return "hashes of different versions of etcd cannot be compared";
    }
    return seen.members.size() < 2 ? "there is only one" : "";
}

}  // namespace

base::Result<Examiner> Examiner::open(const Run& run, const model::StatefulSet& set) {
    TRY_ASSIGN(auto members, EtcdMembers::open(run, set));
    return Examiner(run, std::move(members));
}

base::Result<void> Examiner::ask_members(model::Observations& seen, const Pods& pods, sys::Deadline deadline) {
    const etcd::Scope scope{.stop = run_->stop(), .deadline = deadline};
    std::vector<base::Result<std::string>> metrics(pods.size(), base::Result<std::string>(std::string()));
    std::atomic<bool> asked_for_alarms = false;
    std::vector<std::optional<base::Error>> troubles(pods.size());  // on the way
    for_each_at_once(pods, [&](std::size_t index) {
        auto& answers = seen.members[index];
        troubles[index] = ask_in_round(members_, *pods[index], scope, asked_for_alarms, answers);
        const auto member = members_.member(*pods[index]);
        if (!member) {
            return;
        }
        // In turn on the same connection: another one costs more than it wins (a WebSocket, and a
        // way through the kubelet, for each member).
        if (answers.status) {
            metrics[index] = (*member)->metrics(scope);
        }
        answers.certificate_expires = expiry_of((*member)->certificate());
    });
    ask_other_clusters_for_alarms(seen, pods, scope);
    for (std::size_t index = 0; index < pods.size(); ++index) {
        auto& member = seen.members[index];
        if (pods[index] == nullptr || !member.status) {
            continue;  // then its metrics are not what is missing
        }
        auto decoded = metrics[index] ? etcd::decode_metrics(*metrics[index])
                                      : base::Result<model::MemberMetrics>(std::unexpected(metrics[index].error()));
        if (decoded) {
            member.metrics = std::move(*decoded);
        } else {
            seen.notes.push_back("disk, network and memory of " + member.pod + ": " + decoded.error().text());
        }
    }
    return check_still_accepted(std::move(troubles));
}

void Examiner::ask_other_clusters_for_alarms(model::Observations& seen, const Pods& pods, const etcd::Scope& scope) {
    std::set<std::uint64_t> asked;
    for (const auto& member : seen.members) {
        if (member.status && member.alarms) {
            asked.insert(member.status->cluster_id);
        }
    }
    for (std::size_t index = 0; index < pods.size() && !asked.empty(); ++index) {
        auto& answers = seen.members[index];
        if (answers.status && answers.linearizable_read && asked.insert(answers.status->cluster_id).second) {
            if (const auto member = members_.member(*pods[index])) {
                etcd::ask_alarms(answers, (*member)->transport(scope));
            }
        }
    }
}

bool Examiner::password_is_idle(const model::Observations& seen, const Pods& pods, sys::Deadline deadline) {
    const auto answers =
        std::ranges::find_if(seen.members, [](const auto& member) { return member.linearizable_read.has_value(); });
    if (answers == seen.members.end() || !members_.nobody_asked_for_the_password()) {
        return false;
    }
    if (!settings().mutual_tls) {
        return true;
    }
    // A client certificate may have stood for it.
    const auto member = members_.member(*pods[static_cast<std::size_t>(answers - seen.members.begin())]);
    if (!member) {
        return false;
    }
    const auto is_on = etcd::authentication_is_on((*member)->transport({.stop = run_->stop(), .deadline = deadline}));
    return is_on && *is_on == false;
}

void Examiner::compare_data(model::Observations& seen, const Pods& pods, sys::Deadline deadline) {
    const std::string what = "whether the members' data are the same: ";
    if (const auto obstacle = obstacle_to_comparing(seen); !obstacle.empty()) {
        if (seen.replicas > 1) {
            seen.notes.push_back(what + obstacle);
        }
        return;
    }
    const etcd::Scope scope{.stop = run_->stop(), .deadline = deadline};
    std::string trouble;
    for (int round = 0; round < most_hash_rounds; ++round) {
        std::uint64_t revision = seen.members.front().status->revision;
        for (const auto& member : seen.members) {
            revision = std::min(revision, member.status->revision);
        }
        std::vector<base::Result<model::DataHash>> hashes(pods.size(),
                                                          base::Result<model::DataHash>(model::DataHash{}));
        for_each_at_once(pods, [&](std::size_t index) {
            if (const auto member = members_.member(*pods[index])) {
                const auto transport = (*member)->transport(scope);
                hashes[index] = etcd::hash_data(revision, transport);
                if (!hashes[index] && hashes[index].error().code == base::ErrorCode::conflict) {
                    // It was compacted meanwhile: the next round asks about a newer revision.
                    if (const auto status = transport("/v3/maintenance/status", "{}");
                        status && status->status == 200) {
                        if (const auto newer = etcd::decode_status(status->body)) {
                            seen.members[index].status->revision = newer->revision;
                        }
                    }
                }
            } else {
                hashes[index] = std::unexpected(member.error());
            }
        });
        const auto failed = std::ranges::find_if(hashes, [](const auto& hash) { return !hash.has_value(); });
        if (failed == hashes.end()) {
            for (std::size_t index = 0; index < hashes.size(); ++index) {
                seen.members[index].hash = *hashes[index];
            }
            return;
        }
        trouble = failed->error().text();
        if (failed->error().code == base::ErrorCode::forbidden) {
            trouble = "etcd's user " + run_->request().etcd_user + " may not (it takes root)";
        }
        if (failed->error().code != base::ErrorCode::conflict) {
            break;
        }
    }
    seen.notes.push_back(what + trouble);
}

base::Result<model::ClusterHealth> Examiner::examine(const rollout::View& view, const model::StatefulSet& set) {
    const auto deadline = std::min(run_->deadline(), run_->tools().clock.now() + answer_limit);
    const auto wall = std::chrono::floor<std::chrono::microseconds>(run_->tools().clock.wall());
    model::Observations seen{
        .replicas = static_cast<std::size_t>(set.replicas), .now = wall, .configured_quota = settings().quota};
    Pods pods;
    find_members(seen, pods, view, set, settings());
    Surroundings surroundings(*run_, nodes_of(seen), peer_certificates(settings(), seen.replicas));
    TRY(ask_members(seen, pods, deadline));
    compare_data(seen, pods, deadline);
    seen.password_is_idle = password_is_idle(seen, pods, deadline);
    add_client_certificates(seen, members_);
    surroundings.add_to(seen);
    return health::judge(std::move(seen));
}

}  // namespace operate
