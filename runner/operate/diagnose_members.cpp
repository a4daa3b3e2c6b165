#include <algorithm>
#include <optional>
#include <thread>

#include "base/text.hpp"
#include "etcd/gateway.hpp"
#include "etcd/metrics.hpp"
#include "operate/diagnose_gather.hpp"
#include "operate/etcd_members.hpp"

namespace operate {
namespace {

using ::diagnose::Facts;
using model::Pod;

constexpr std::chrono::seconds answer_limit{5};  // etcdctl's own default
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
    auto text = patiently(run, [&](const kube::Scope& scope) {
        return run.tools().kube.logs(run.namespace_name(), pod, container, log_lines, previous, scope);
    });
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

// Puts every answer into the evidence, and notices when the way to etcd is forbidden to us:
// that says nothing of etcd.
class Listener {
public:
    Listener(Gathering& gathering, std::string pod, etcd::Transport transport)
        : gathering_(gathering), pod_(std::move(pod)), transport_(std::move(transport)) {}

    base::Result<sys::HttpResponse> ask(const std::string& path, const std::string& json) {
        auto answer = transport_(path, json);
        if (!answer && answer.error().code == base::ErrorCode::forbidden) {
            forbidden_ = true;
            gathering_.missed("etcd's members", "get and create on pods/portforward", answer.error());
        }
        gathering_.evidence().add("etcd/" + pod_ + ".txt", "POST " + path + "\n" +
                                                               (answer ? "HTTP " + std::to_string(answer->status) +
                                                                             " " + base::printable(answer->body)
                                                                       : answer.error().text()) +
                                                               "\n\n");
        return answer;
    }
    [[nodiscard]] bool forbidden() const { return forbidden_; }

private:
    Gathering& gathering_;
    std::string pod_;
    etcd::Transport transport_;
    bool forbidden_ = false;
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
    auto answers = etcd::ask(pod.meta.name, pod.node, [&listener](const std::string& path, const std::string& json) {
        return listener.ask(path, json);
    });
    if (listener.forbidden()) {
        return;
    }
    const bool answers_at_all = answers.status.has_value() || answers.linearizable_read.has_value();
    answered(std::move(answers));
    if (!answers_at_all) {
        return;
    }
    if (const auto text = (*member)->metrics(scope)) {
        gathering.evidence().add("etcd/" + pod.meta.name + ".metrics.txt", base::printable(*text));
        if (auto metrics = etcd::decode_metrics(*text)) {
            gathering.learn([&](Facts& facts) { facts.metrics.emplace(pod.meta.name, std::move(*metrics)); });
        }
    }
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

// How the set runs etcd, for the commands that are advised.
void read_settings(Facts& facts) {
    const auto* set = facts.set();
    if (set == nullptr) {
        return;
    }
    if (const auto settings = etcd::read_settings(*set)) {
        facts.container = settings->container;
        facts.data_dir = settings->data_dir;
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
    {
        const auto logs = read_logs(gathering);
        if (members) {
            ask_members(gathering, *members);
        }
    }
    if (auto& answers = gathering.facts().answers) {
        std::ranges::sort(*answers, {}, [](const auto& member) { return rollout::ordinal(member.pod); });
    }
    gathering.hide_secrets();
}

}  // namespace operate
