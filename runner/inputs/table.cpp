#include "inputs/table.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace inputs {
namespace {

using model::Action;

const std::vector<Action> deploys{Action::install, Action::upgrade};
const std::vector<Action> asks_etcd{Action::install, Action::upgrade, Action::diagnose};

const std::vector<Input>& inputs() {
    static const std::vector<Input> all{
        {.name = "action",
         .kind = Kind::choice,
         .group = Group::release,
         .placeholder = "ACTION",
         .help = "what to do: install, upgrade, uninstall or diagnose",
         .description =
             "What to do. `install` converges: it installs, or upgrades what is there. `upgrade` demands an "
             "existing release. `uninstall` removes the release and keeps its volumes. `diagnose` tells what "
             "is wrong with it, and changes nothing.",
         .choices = {"install", "upgrade", "uninstall", "diagnose"},
         .required = true},
        {.name = "release",
         .fallback = "etcd",
         .group = Group::release,
         .placeholder = "NAME",
         .help = "name of the helm release",
         .description = "Name of the helm release."},
        {.name = "namespace",
         .default_shown = "the context's, else `default`",
         .group = Group::release,
         .placeholder = "NAME",
         .help = "namespace of the release",
         .description = "Namespace of the release. Without it, the one that the kubeconfig's context names.",
         .short_flag = 'n'},
        {.name = "create-namespace",
         .fallback = "true",
         .kind = Kind::boolean,
         .group = Group::release,
         .help = "create the namespace when it is missing",
         .description = "Create the namespace when it is missing.",
         .actions = deploys},
        {.name = "timeout",
         .fallback = "10m",
         .kind = Kind::duration,
         .group = Group::release,
         .placeholder = "DURATION",
         .help = "how long the whole run may take (90s, 10m, 1h30m)",
         .description = "How long the whole run may take, for instance `90s`, `10m` or `1h30m`; at most a day. "
                        "Running out of time is a failure."},
        {.name = "values",
         .default_shown = "none",
         .kind = Kind::paths,
         .group = Group::chart,
         .placeholder = "FILE",
         .help = "values file; may be repeated, later ones win",
         .description = "Values files, one a line; later ones win. They are checked before anything is touched.",
         .actions = deploys,
         .short_flag = 'f'},
        {.name = "set",
         .default_shown = "none",
         .kind = Kind::lines,
         .group = Group::chart,
         .placeholder = "KEY=VALUE",
         .help = "single value, as helm's --set; may be repeated",
         .description = "Single values as `key=value`, one a line, as helm's `--set`. They win over `values`. Secrets "
                        "are refused here, because other processes can read command lines: put them into a values "
                        "file.",
         .actions = deploys},
        {.name = "set-string",
         .default_shown = "none",
         .kind = Kind::lines,
         .group = Group::chart,
         .placeholder = "KEY=VALUE",
         .help = "as --set, but the value stays a string",
         .description = "As `set`, but every value stays a string, as helm's `--set-string`.",
         .actions = deploys},
        {.name = "chart",
         .default_shown = "the packed chart",
         .group = Group::chart,
         .placeholder = "CHART",
         .help = "chart: a folder or archive, oci://…, or a name with --chart-repo",
         .description = "The chart: a folder or a packed archive, an `oci://` address, or a name that is looked up in "
                        "`chart-repo`. Without it, the chart that comes with etcd-deploy.",
         .actions = deploys},
        {.name = "chart-repo",
         .default_shown = "none",
         .group = Group::chart,
         .placeholder = "URL",
         .help = "chart repository (https://…) in which --chart is looked up",
         .description = "Address of the chart repository in which `chart` is looked up. It must be `https://`; plain "
                        "`http://` is accepted for this machine only.",
         .actions = deploys},
        {.name = "chart-version",
         .default_shown = "the newest",
         .group = Group::chart,
         .placeholder = "VERSION",
         .help = "version of a remote chart",
         .description = "Version of a remote chart. A chart in a folder or an archive has the version that it has.",
         .actions = deploys},
        {.name = "kubeconfig",
         .default_shown = "`KUBECONFIG`, then `~/.kube/config`, then in-cluster",
         .kind = Kind::kubeconfig,
         .group = Group::cluster,
         .placeholder = "FILE|TEXT",
         .help = "kubeconfig: path(s), or its text, plain or base64",
         .description = "How to reach the cluster: the path of a kubeconfig (several with `:` between them), or its "
                        "text, plain or base64, as it comes from a secret. Without it: `KUBECONFIG`, then "
                        "`~/.kube/config`, then the pod's own service account."},
        {.name = "context",
         .default_shown = "the kubeconfig's current one",
         .group = Group::cluster,
         .placeholder = "NAME",
         .help = "context of the kubeconfig",
         .description = "Context of the kubeconfig."},
        {.name = "etcd-access",
         .fallback = "auto",
         .kind = Kind::choice,
         .group = Group::etcd,
         .placeholder = "WAY",
         .help = "how members are reached: auto, port-forward or direct",
         .description = "How the members of etcd are reached: through `port-forward`s of Kubernetes, or `direct`ly by "
                        "their names in the cluster. `auto` is direct when the runner uses its own pod's service "
                        "account, else port-forwards.",
         .choices = {"auto", "port-forward", "direct"},
         .actions = asks_etcd},
        {.name = "etcd-user",
         .fallback = "root",
         .group = Group::etcd,
         .placeholder = "NAME",
         .help = "who logs in, when etcd's own authentication is on",
         .description = "Who logs in to etcd, when its own authentication is on.",
         .actions = asks_etcd},
        {.name = "etcd-password",
         .default_shown = "what the pods' Secret holds",
         .kind = Kind::secret,
         .group = Group::etcd,
         .help = "that user's password",
         .description = "That user's password. Without it, the one in the Secret that the pods take "
                        "`ETCD_ROOT_PASSWORD` from. There is no flag for it, since other processes can read flags: "
                        "on the command line export `INPUT_ETCD_PASSWORD`.",
         .actions = asks_etcd},
        {.name = "delete-data",
         .fallback = "false",
         .kind = Kind::boolean,
         .group = Group::removal,
         .help = "with uninstall: delete the volumes and all data in them",
         .description = "With `uninstall`: delete the volumes too, and with them all data. It takes `confirm`.",
         .actions = {Action::uninstall}},
        {.name = "confirm",
         .default_shown = "none",
         .group = Group::removal,
         .placeholder = "RELEASE",
         .help = "the release's name once more, for --delete-data",
         .description = "The name of the release once more, to confirm `delete-data`.",
         .actions = {Action::uninstall}},
        {.name = "evidence-dir",
         .default_shown = "none",
         .group = Group::output,
         .placeholder = "FOLDER",
         .help = "with diagnose: folder to keep all that was seen in",
         .description = "With `diagnose`: a folder in which all that was seen is kept, secrets hidden, for instance "
                        "for an artifact. It is made when it is missing, and only its owner may read it.",
         .actions = {Action::diagnose}},
        {.name = "log-level",
         .fallback = "info",
         .kind = Kind::choice,
         .group = Group::output,
         .placeholder = "LEVEL",
         .help = "debug, info, warning or error",
         .description = "How much to print: `debug`, `info`, `warning` or `error`. A workflow run with debug logging "
                        "(`RUNNER_DEBUG`) prints everything.",
         .choices = {"debug", "info", "warning", "error"}},
    };
    return all;
}

}  // namespace

std::span<const Input> table() {
    return inputs();
}

const Input* find(std::string_view name) {
    const auto all = table();
    const auto found = std::ranges::find(all, name, &Input::name);
    return found == all.end() ? nullptr : &*found;
}

bool concerns(const Input& input, model::Action action) {
    return input.actions.empty() || std::ranges::find(input.actions, action) != input.actions.end();
}

bool is_list(const Input& input) {
    return input.kind == Kind::paths || input.kind == Kind::lines;
}

std::string variable_name(const Input& input) {
    std::string name = "INPUT_";
    for (const char letter : input.name) {
        name += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return name;
}

std::string shell_variable_name(const Input& input) {
    std::string name = variable_name(input);
    std::ranges::replace(name, '-', '_');
    return name;
}

std::span<const model::Action> actions() {
    static constexpr std::array all{Action::install, Action::upgrade, Action::uninstall, Action::diagnose};
    return all;
}

}  // namespace inputs
