#include "report/commands.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "report/story.hpp"

namespace report {
namespace {

// The pod to look into: the failed one, else the first that etcd's health complains about.
std::string suspect(const model::RunRecord& record) {
    if (record.cause) {
        return record.cause->pod;
    }
    if (record.health) {
        for (const auto& finding : record.health->findings) {
            if (finding.severity == model::Severity::failure && !finding.subject.empty()) {
                return finding.subject;
            }
        }
    }
    return {};
}

std::string look_at_pod(const model::RunRecord& record, const std::string& ns) {
    const std::string pod = suspect(record);
    if (pod.empty()) {
        return "kubectl get pods,pvc" + ns + "\n" + "kubectl get events" + ns + " --sort-by=.lastTimestamp\n";
    }
    const std::string container = record.cause ? record.cause->container : std::string("etcd");
    std::string text = "kubectl describe pod" + ns + " " + shell_word(pod) + "\n";
    if (!container.empty()) {
        text += "kubectl logs" + ns + " " + shell_word(pod) + " -c " + shell_word(container) + " --tail=100\n";
    }
    return text;
}

std::string ask_etcd(const model::RunRecord& record, const std::string& ns) {
    std::string pod = record.stateful_set.empty() ? "" : record.stateful_set + "-0";
    if (record.health) {
        for (const auto& member : record.health->members) {
            if (member.linearizable_read) {
                pod = member.pod;
                break;
            }
        }
    }
    if (pod.empty()) {
        return {};
    }
    const std::string etcdctl = "kubectl exec" + ns + " " + shell_word(pod) + " -- etcdctl ";
    return etcdctl + "endpoint status --cluster -w table\n" + etcdctl + "member list -w table\n" + etcdctl +
           "alarm list\n";
}

std::string go_back(const model::RunRecord& record, const std::string& ns) {
    // helm's "deployed" proves nothing: a revision counts that was seen well.
    const int good = record.verified_revision;
    const bool new_revision = !record.after || record.after->revision != good;
    if (record.rollback || !record.before || good == 0 || !new_revision) {
        return {};
    }
    std::string text = "# back to revision " + std::to_string(good) +
                       ", the last that was well; a pod that hangs must then be deleted by hand\nhelm rollback " +
                       shell_word(record.release) + " " + std::to_string(good) + ns + "\n";
    if (const auto pod = suspect(record); !pod.empty()) {
        text += "kubectl delete pod" + ns + " " + shell_word(pod) + "\n";
    }
    return text;
}

}  // namespace

std::string commands_after_failure(const model::RunRecord& record) {
    const std::string ns = record.namespace_name.empty() ? "" : " -n " + shell_word(record.namespace_name);
    const std::string history = "helm history " + shell_word(record.release) + ns + "\n";
    switch (story_of(record)) {
        case Story::unhealthy: return "# what etcd says\n" + ask_etcd(record, ns) + look_at_pod(record, ns);
        case Story::failed:
        case Story::timed_out:
            if (!record.touched) {
                return {};
            }
            if (record.rollback && record.rollback->healthy) {
                return "# correct the values, then deploy again; what happened so far\n" + history;
            }
            return "# look closer\n" + look_at_pod(record, ns) +
                   (record.action == model::Action::uninstall ? "" : history + go_back(record, ns));
        case Story::cancelled:
            if (record.touched) {
                return "# what it left\n" + history + "kubectl get pods" + ns + "\n";
            }
            return {};
        case Story::refused:
            switch (record.error ? record.error->code : base::ErrorCode::bug) {
                case base::ErrorCode::unreachable:
                case base::ErrorCode::timed_out: return "kubectl cluster-info\n";
                case base::ErrorCode::unauthorized: return "kubectl auth whoami\n";
                case base::ErrorCode::forbidden: return "kubectl auth can-i --list" + ns + "\n";
                case base::ErrorCode::helm_unusable: return "helm version\n";
                default: return {};
            }
        default: return {};
    }
}

std::string in_context(std::string_view commands, const std::string& context) {
    struct Program {
        std::string_view name;
        std::string_view flag;
    };
    constexpr std::array programs{Program{"kubectl ", "--context "}, Program{"helm ", "--kube-context "},
                                  Program{"etcd-deploy ", "--context "}};
    if (context.empty()) {
        return std::string(commands);
    }
    std::string text;
    bool begins = true;  // a command, at the beginning of a line or behind "&&"
    while (!commands.empty()) {
        const auto program = std::ranges::find_if(
            programs, [&](const Program& one) { return begins && commands.starts_with(one.name); });
        if (program != programs.end()) {
            // etcd-deploy takes its flags behind the action only.
            auto length = program->name.size();
            if (program->name == "etcd-deploy ") {
                length = std::min(commands.find(' ', length), commands.size() - 1) + 1;
            }
            text += std::string(commands.substr(0, length)) + std::string(program->flag) + shell_word(context) + " ";
            commands.remove_prefix(length);
            begins = false;
            continue;
        }
        constexpr std::string_view behind = " && ";
        const auto taken = commands.starts_with(behind) ? behind.size() : 1;
        begins = commands[0] == '\n' || taken > 1;
        text += commands.substr(0, taken);
        commands.remove_prefix(taken);
    }
    return text;
}

std::string command_to_delete(const std::string& namespace_name, const std::vector<model::Volume>& volumes) {
    std::string text = "kubectl delete pvc -n " + shell_word(namespace_name);
    for (const auto& volume : volumes) {
        text += " " + shell_word(volume.claim);
    }
    return text + "\n";
}

}  // namespace report
