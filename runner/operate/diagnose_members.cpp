#include <algorithm>
#include <iterator>
#include <optional>
#include <thread>

#include "base/text.hpp"
#include "etcd/gateway.hpp"
#include "etcd/metrics.hpp"
#include "operate/diagnose_gather.hpp"
#include "operate/etcd_members.hpp"
#include "operate/surroundings.hpp"

namespace operate {
namespace {

using ::diagnose::Facts;
using model::Pod;

constexpr int log_lines = 100;
constexpr std::size_t most_pods = 50;

bool belongs_to_hook(const Pod& pod, const Facts& facts) {
    return std::ranges::any_of(facts.view.jobs(), [&](const auto& entry) {
        return entry.second.is_hook() && std::ranges::any_of(pod.meta.owners, [&](const auto& owner) {
                   return owner.uid == entry.second.meta.uid;
               });
    });
}

void read_log(Gathering& gathering, const std::string& pod, const std::string& container, bool previous) {
    const auto& run = gathering.run();
    auto text = run.tools().kube.logs(run.namespace_name(), pod, container, log_lines, previous, run.scope());
    if (!text) {
        // A container that was removed, or never ran, has none: that is no news.
        const auto code = text.error().code;
        if (code == base::ErrorCode::forbidden || code == base::ErrorCode::timed_out) {
            gathering.missed("the containers' logs", "get on pods/log", text.error());
        }
        return;
    }
    gathering.evidence().add("logs/" + pod + "/" + container + (previous ? ".previous.log" : ".log"), *text);
    gathering.learn([&](Facts& facts) { facts.logs.push_back({pod, container, previous, std::move(*text)}); });
}

std::vector<std::jthread> read_logs(Gathering& gathering) {
    const auto& facts = gathering.facts();
    auto pods = facts.members();
    for (const auto& [name, pod] : facts.view.pods()) {
        if (belongs_to_hook(pod, facts)) {
            pods.push_back(&pod);
        }
    }
    std::ranges::copy(facts.hooks_that_are_pods(), std::back_inserter(pods));
    pods.resize(std::min(pods.size(), most_pods));
    std::vector<std::jthread> threads;
    for (const auto* pod : pods) {
        for (const auto& container : pod->containers) {
            const bool has_ended = container.restart_count > 0 || container.last_terminated;
            if (container.running || container.terminated || has_ended) {
                threads.emplace_back([&gathering, name = pod->meta.name, inner = container.name] {
                    read_log(gathering, name, inner, false);
                });
            }
            if (has_ended) {
                threads.emplace_back([&gathering, name = pod->meta.name, inner = container.name] {
                    read_log(gathering, name, inner, true);
                });
            }
        }
    }
    return threads;
}

// Puts every answer into the evidence.
class Listener {
public:
    Listener(Gathering& gathering, std::string pod, etcd::Transport transport)
        : gathering_(gathering), pod_(std::move(pod)), transport_(std::move(transport)) {}

    base::Result<sys::HttpResponse> ask(const std::string& path, const std::string& json) {
        auto answer = transport_(path, json);
        gathering_.evidence().add("etcd/" + pod_ + ".txt", "POST " + path + "\n" +
                                                               (answer ? "HTTP " + std::to_string(answer->status) +
                                                                             " " + base::printable(answer->body)
                                                                       : answer.error().text()) +
                                                               "\n\n");
        return answer;
    }

private:
    Gathering& gathering_;
    std::string pod_;
    etcd::Transport transport_;
};

void ask_member(Gathering& gathering, EtcdMembers& members, const Pod& pod, const etcd::Scope& scope) {
    const auto answered = [&](model::MemberAnswers answers) {
        gathering.learn([&](Facts& facts) {
            if (!facts.answers) {
                facts.answers.emplace();
            }
            facts.answers->push_back(std::move(answers));
        });
    };
    const auto container = members.settings().container;
    const auto status = std::ranges::find(pod.containers, container, &model::ContainerStatus::name);
    if (status == pod.containers.end() || !status->running) {
        answered({.pod = pod.meta.name, .node = pod.node, .failures = {"its container does not run"}});
        return;
    }
    const auto member = members.member(pod);
    if (!member) {
        gathering.missed("etcd's member in " + pod.meta.name, "get and create on pods/portforward", member.error());
        return;
    }
    Listener listener(gathering, pod.meta.name, (*member)->transport(scope));
    const auto transport = [&listener](const std::string& path, const std::string& json) {
        return listener.ask(path, json);
    };
    auto answers = etcd::ask(pod.meta.name, pod.node, transport);
    if (answers.linearizable_read) {
        etcd::ask_alarms(answers, transport);
    }
    // Kubernetes does not let us through: that says nothing of etcd.
    if (const auto trouble = note_the_way(members, pod, answers);
        trouble && (trouble->code == base::ErrorCode::forbidden || trouble->code == base::ErrorCode::unauthorized)) {
        gathering.missed("etcd's members", "get and create on pods/portforward", *trouble);
        return;
    }
    if (answers.status || answers.linearizable_read) {
        if (const auto text = (*member)->metrics(scope)) {
            gathering.evidence().add("etcd/" + pod.meta.name + ".metrics.txt", base::printable(*text));
            if (auto metrics = etcd::decode_metrics(*text)) {
                answers.metrics = std::move(*metrics);
            }
        }
    }
    answered(std::move(answers));
}

// How to ask them; nothing, with a note, when that cannot be found out.
std::optional<EtcdMembers> open_members(Gathering& gathering) {
    const auto& facts = gathering.facts();
    if (facts.set() == nullptr || !facts.saw_sets || facts.members().empty()) {
        return std::nullopt;
    }
    auto members = EtcdMembers::open(gathering.run(), *facts.set());
    if (!members) {
        gathering.missed("etcd's members", "get on secrets", members.error());
        return std::nullopt;
    }
    return std::move(*members);
}

void ask_members(Gathering& gathering, EtcdMembers& members) {
    const auto& run = gathering.run();
    const etcd::Scope scope{run.stop(), std::min(run.deadline(), run.tools().clock.now() + answer_limit)};
    std::vector<std::jthread> questions;
    for (const auto* pod : gathering.facts().members()) {
        questions.emplace_back([&, pod] { ask_member(gathering, members, *pod, scope); });
    }
}

std::vector<std::string> nodes_of(const std::vector<const Pod*>& pods) {
    std::vector<std::string> nodes;
    std::ranges::transform(pods, std::back_inserter(nodes), &Pod::node);
    return nodes;
}

// Disks, zones and budgets, beside what the members answered.
void add_surroundings(Facts& facts, const EtcdMembers& members, Surroundings& surroundings) {
    model::Observations seen{.members = std::move(*facts.answers)};
    for (auto& member : seen.members) {
        if (const auto claim = members.settings().data_claim(member.pod); facts.view.claims().contains(claim)) {
            member.state.claim = claim;
        }
    }
    add_client_certificates(seen, members);
    surroundings.add_to(seen);
    facts.answers = std::move(seen.members);
    facts.budgets = std::move(seen.budgets);
    facts.certificates = std::move(seen.certificates);
    for (const auto& note : seen.notes) {
        facts.notes.push_back("could not look at " + note);
    }
}

// How the set runs etcd, for the commands that are advised.
void read_settings(Facts& facts) {
    const auto* set = facts.set();
    if (set == nullptr) {
        return;
    }
    if (const auto settings = etcd::read_settings(set->pod_template, "StatefulSet " + set->meta.name)) {
        facts.container = settings->container;
        facts.data_dir = settings->data_dir;
        facts.quota = settings->quota;
    }
    for (const auto& container : set->pod_template.containers) {
        for (const auto& variable : container.environment) {
            if (variable.name == "ETCD_INITIAL_ADVERTISE_PEER_URLS" && variable.value.starts_with("https://")) {
                facts.peer_scheme = "https";
            }
        }
    }
}

}  // namespace

void gather_members(Gathering& gathering) {
    read_settings(gathering.facts());
    auto members = open_members(gathering);
    std::optional<Surroundings> surroundings;
    {
        const auto logs = read_logs(gathering);
        if (members) {
            surroundings.emplace(gathering.run(), nodes_of(gathering.facts().members()),
                                 peer_certificates(members->settings(), gathering.facts().members().size()));
            ask_members(gathering, *members);
        }
    }
    if (auto& answers = gathering.facts().answers) {
        std::ranges::sort(*answers, {}, [](const auto& member) { return rollout::ordinal(member.pod); });
        add_surroundings(gathering.facts(), *members, *surroundings);
    }
    gathering.hide_secrets();
}

}  // namespace operate
