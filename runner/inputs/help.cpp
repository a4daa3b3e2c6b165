#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "inputs/inputs.hpp"

namespace inputs {
namespace {

constexpr std::size_t flag_columns = 32;
constexpr std::size_t text_columns = 100;

constexpr std::array<std::pair<Group, std::string_view>, 9> groups{{{Group::release, "What to deploy, and where"},
                                                                    {Group::chart, "Chart and settings"},
                                                                    {Group::cluster, "Cluster"},
                                                                    {Group::etcd, "Reaching etcd"},
                                                                    {Group::plan, "Planning"},
                                                                    {Group::rollout, "How members are replaced"},
                                                                    {Group::removal, "Deleting data"},
                                                                    {Group::backend, "The backend's values file"},
                                                                    {Group::output, "Output"}}};

std::string flag_text(const Input& input) {
    if (input.kind == Kind::secret) {
        return "    " + shell_variable_name(input);
    }
    std::string text = input.short_flag != '\0' ? std::string("-") + input.short_flag + ", " : "    ";
    text += "--" + std::string(input.name);
    if (input.kind == Kind::boolean) {
        text += input.fallback == "true" ? "[=false]" : "";
    } else {
        text += " " + std::string(input.placeholder);
    }
    return text;
}

std::string default_text(const Input& input) {
    const std::string value(input.fallback.empty() ? input.default_shown : input.fallback);
    return value.empty() || value == "none" ? "" : " [" + base::replace_all(value, "`", "") + "]";
}

// Words over several lines, each indented.
std::string wrapped(std::string_view text, std::size_t indent) {
    std::string result;
    std::size_t column = 0;
    for (const auto& word : base::split(text, ' ')) {
        if (column == 0 || column + 1 + word.size() > text_columns) {
            result += (column == 0 ? "" : "\n") + std::string(indent, ' ') + word;
            column = indent + word.size();
        } else {
            result += " " + word;
            column += 1 + word.size();
        }
    }
    return result + "\n";
}

std::string short_line(const Input& input) {
    std::string flag = "  " + flag_text(input);
    flag.resize(std::max(flag.size() + 2, flag_columns), ' ');
    const auto text = wrapped(std::string(input.help) + default_text(input), flag_columns);
    return flag + text.substr(flag_columns);
}

std::string long_entry(const Input& input) {
    return "  " + flag_text(input) + default_text(input) + "\n" +
           wrapped(base::replace_all(std::string(input.description), "`", ""), 10);
}

std::string listing(auto&& wanted, std::string (*entry)(const Input&)) {
    std::string text;
    for (const auto& [group, title] : groups) {
        std::string lines;
        for (const auto& input : table()) {
            if (input.group == group && input.name != "action" && wanted(input)) {
                lines += entry(input);
            }
        }
        if (!lines.empty()) {
            text += "\n" + std::string(title) + ":\n" + lines;
        }
    }
    return text;
}

std::string_view about(model::Action action) {
    switch (action) {
        case model::Action::install:
            return "Installs the etcd cluster, or upgrades it when it is there, watches its pods until they are\n"
                   "ready, and asks each member of etcd whether it is well.\n";
        case model::Action::upgrade:
            return "Upgrades the etcd cluster, as install does; but it refuses to when there is none (exit code 3).\n";
        case model::Action::plan:
            return "Tells what install would do, and does nothing: what changes in each object, field by field, as "
                   "the\n"
                   "API server itself would make it; which pods restart, in which order and why; and what speaks\n"
                   "against it. It ends with 0 when it may be done (output changes), with 3 when it must not.\n";
        case model::Action::uninstall:
            return "Removes the release and waits until its pods are gone. The volumes stay, and the summary\n"
                   "says which ones, unless --delete-data and --confirm ask for the data's end. It succeeds,\n"
                   "and says so, when there is no such release.\n";
        case model::Action::verify:
            return "Asks each member of etcd, and Kubernetes about its pod, whether all is well, as an expert would.\n"
                   "It changes nothing and needs no helm. It ends with 0 when etcd is healthy (warnings do not\n"
                   "count), with 7 when it is not, with 3 when there is no etcd to be found.\n";
        case model::Action::connect:
            return "Asks etcd where its members are, and tells it as the backend needs it. With --file that goes\n"
                   "into the backend's values file: one value changes, every other byte stays. With --check the\n"
                   "file is only read; when it is stale, the exit code is 1. It needs no helm.\n";
        case model::Action::diagnose:
            return "Tells what is wrong with the etcd cluster: the causes, the most likely first, each with its\n"
                   "evidence and the command that mends it. It changes nothing, and works also when etcd is\n"
                   "dead, when there is no release, and with few rights. Exit code 7 when a cause was found,\n"
                   "0 when nothing is wrong. It needs no helm.\n";
    }
    return "";
}

std::string_view example(model::Action action) {
    switch (action) {
        case model::Action::install:
            return "  etcd-deploy install -n anytrade -f deployments/etcd/values.yaml\n"
                   "  etcd-deploy install -n anytrade --chart etcd --chart-repo https://charts.bitnami.com/bitnami\n";
        case model::Action::upgrade:
            return "  etcd-deploy upgrade -n anytrade -f deployments/etcd/values.yaml --timeout 20m\n";
        case model::Action::plan:
            return "  etcd-deploy plan -n anytrade -f deployments/etcd/values.yaml\n"
                   "  etcd-deploy plan -n anytrade -f deployments/etcd/values.yaml --output json | jq .plan.forecast\n";
        case model::Action::uninstall:
            return "  etcd-deploy uninstall -n anytrade\n"
                   "  etcd-deploy uninstall -n anytrade --delete-data --confirm etcd\n";
        case model::Action::verify:
            return "  etcd-deploy verify -n anytrade\n"
                   "  etcd-deploy verify -n anytrade --output json | jq .findings\n";
        case model::Action::connect:
            return "  etcd-deploy connect -n anytrade\n"
                   "  etcd-deploy connect -n anytrade --file deployments/backend/values.yaml\n"
                   "  etcd-deploy connect -n anytrade --file deployments/backend/values.yaml --check\n";
        case model::Action::diagnose:
            return "  etcd-deploy diagnose -n anytrade\n"
                   "  etcd-deploy diagnose -n anytrade --evidence-dir diagnosis\n";
    }
    return "";
}

constexpr std::string_view own_flags =
    "\nHelp:\n"
    "  -h, --help                    this text; after an action, all about it\n"
    "      --version                 version of etcd-deploy\n";

}  // namespace

std::string help() {
    std::string text =
        "etcd-deploy deploys an etcd cluster on Kubernetes with helm, and proves that it is healthy.\n\n"
        "  etcd-deploy ACTION [--flag value]...\n\n"
        "Actions:\n"
        "  install                       install the cluster, or upgrade the one that is there\n"
        "  upgrade                       upgrade an existing cluster\n"
        "  plan                          tell what install would change and restart; changes nothing\n"
        "  uninstall                     remove the cluster; its volumes stay unless told otherwise\n"
        "  verify                        say whether the cluster is well; changes nothing\n"
        "  connect                       tell where its members are, and write it into the backend's values\n"
        "  diagnose                      tell what is wrong with the cluster, and what mends it\n\n"
        "From a laptop, with the current context of your kubeconfig:\n"
        "  etcd-deploy install -n anytrade -f deployments/etcd/values.yaml\n\n"
        "In a workflow:\n"
        "  - uses: anytrade/etcd-deploy@v1\n"
        "    with:\n"
        "      action: install\n"
        "      namespace: anytrade\n"
        "      values: deployments/etcd/values.yaml\n"
        "      kubeconfig: ${{ secrets.KUBECONFIG }}\n";
    text += listing([](const Input&) { return true; }, short_line);
    text += own_flags;
    text +=
        "\nEvery flag can also be given as a variable, INPUT_NAMESPACE for --namespace; flags win.\n"
        "\nExit codes: 0 done, 1 a check found a difference, 2 bad input, 3 refused before touching\n"
        "anything, 4 helm failed, 5 rollout failed, 6 rollout timed out, 7 etcd unhealthy, 130\n"
        "cancelled. docs/exit-codes.md has them all, docs/inputs.md every flag.\n";
    return text;
}

std::string help(model::Action action) {
    std::string text = "etcd-deploy " + std::string(to_string(action)) + " [--flag value]...\n\n";
    text += about(action);
    text += "\nExamples:\n";
    text += example(action);
    text += listing([action](const Input& input) { return concerns(input, action); }, long_entry);
    text += own_flags;
    return text;
}

}  // namespace inputs
