#include "inputs/table.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace inputs {
namespace {

using model::Action;

const std::vector<Action> deploys{Action::install, Action::upgrade};
const std::vector<Action> renders{Action::install, Action::upgrade, Action::plan};
const std::vector<Action> changes{Action::install, Action::upgrade, Action::uninstall};
const std::vector<Action> asks_etcd{Action::install, Action::upgrade, Action::verify, Action::diagnose,
                                    Action::connect};

const std::vector<Input>& inputs() {
    static const std::vector<Input> all{
        {.name = "action",
         .kind = Kind::choice,
         .group = Group::release,
         .placeholder = "ACTION",
         .help = "what to do: install, upgrade, plan, uninstall, verify, diagnose or connect",
         .description = "What to do. `install` converges: it installs, or upgrades what is there. `upgrade` demands an "
                        "existing release. `plan` tells what `install` would do, and does nothing. `uninstall` removes "
                        "the release and keeps its volumes. `verify` says "
                        "whether etcd is well, `diagnose` what is wrong with it; neither changes anything. `connect` "
                        "tells where the members are, and "
                        "writes it into the backend's values file.",
         .choices = {"install", "upgrade", "plan", "uninstall", "verify", "diagnose", "connect"},
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
                        "Running out of time is a failure; a rollback then has as much time again."},
        {.name = "values",
         .default_shown = "none",
         .kind = Kind::paths,
         .group = Group::chart,
         .placeholder = "FILE",
         .help = "values file; may be repeated, later ones win",
         .description = "Values files, one a line; later ones win. They are checked before anything is touched.",
         .actions = renders,
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
         .actions = renders},
        {.name = "set-string",
         .default_shown = "none",
         .kind = Kind::lines,
         .group = Group::chart,
         .placeholder = "KEY=VALUE",
         .help = "as --set, but the value stays a string",
         .description = "As `set`, but every value stays a string, as helm's `--set-string`.",
         .actions = renders},
        {.name = "chart",
         .default_shown = "the packed chart",
         .group = Group::chart,
         .placeholder = "CHART",
         .help = "chart: a folder or archive, oci://…, or a name with --chart-repo",
         .description = "The chart: a folder or a packed archive, an `oci://` address, or a name that is looked up in "
                        "`chart-repo`. Without it, the chart that comes with etcd-deploy.",
         .actions = renders},
        {.name = "chart-repo",
         .default_shown = "none",
         .group = Group::chart,
         .placeholder = "URL",
         .help = "chart repository (https://…) in which --chart is looked up",
         .description = "Address of the chart repository in which `chart` is looked up. It must be `https://`; plain "
                        "`http://` is accepted for this machine only.",
         .actions = renders},
        {.name = "chart-version",
         .default_shown = "the newest",
         .group = Group::chart,
         .placeholder = "VERSION",
         .help = "version of a remote chart",
         .description = "Version of a remote chart. A chart in a folder or an archive has the version that it has.",
         .actions = renders},
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
                        "`ETCD_ROOT_PASSWORD` or `ETCDCTL_PASSWORD` from. There is no flag for it, since other "
                        "processes can read flags: "
                        "on the command line export `INPUT_ETCD_PASSWORD`.",
         .actions = asks_etcd},
        {.name = "rollout",
         .default_shown = "`orchestrated`; `native` when the values set `updateStrategy`",
         .kind = Kind::choice,
         .group = Group::rollout,
         .placeholder = "WAY",
         .help = "who replaces members: orchestrated (the runner), native (Kubernetes)",
         .description = "Who replaces outdated members. `orchestrated`: the runner, one at a time, the sick ones first "
                        "and the leader last, each only while the others are well. `native`: Kubernetes by itself. "
                        "Values that set `updateStrategy` mean native, and so does a chart that knows no such setting.",
         .choices = {"orchestrated", "native"},
         .actions = renders},
        {.name = "force-quorum-risk",
         .fallback = "false",
         .kind = Kind::boolean,
         .group = Group::rollout,
         .help = "replace members although another one is not well",
         .description = "Replace members although others are not well. Without it an upgrade that would take a member "
                        "down while the cluster could not spare it is refused; a change that heals the sick member "
                        "never needs it.",
         .actions = deploys},
        {.name = "grace",
         .default_shown = "see below",
         .kind = Kind::lines,
         .group = Group::rollout,
         .placeholder = "NAME=DURATION",
         .help = "how long a state may last before it is hopeless; may be repeated",
         .description = "How long a state may last before it is called hopeless, as `name=duration`, one a line: "
                        "`unschedulable=5m`. The names, and what applies without it, stand in docs/rollout.md.",
         .actions = {Action::install, Action::upgrade, Action::plan, Action::uninstall}},
        {.name = "availability-probe",
         .fallback = "true",
         .kind = Kind::boolean,
         .group = Group::rollout,
         .help = "write a key of its own meanwhile, to measure gaps",
         .description = "While members are replaced, write and read a key of the runner's own, "
                        "`etcd-deploy/probe/…`, which a lease removes, so that the summary can tell the longest time "
                        "without an acknowledged write.",
         .actions = deploys},
        {.name = "on-failure",
         .fallback = "rollback",
         .kind = Kind::choice,
         .group = Group::rollout,
         .placeholder = "WAY",
         .help = "an upgrade that failed: rollback, or keep it as it is",
         .description =
             "What becomes of an upgrade that failed. `rollback`: the release goes back to the last revision "
             "that etcd-deploy has verified, if that is safe; the run still fails. `keep`: everything stays "
             "as it is. A first installation is always kept.",
         .choices = {"rollback", "keep"},
         .actions = deploys},
        {.name = "lock-timeout",
         .fallback = "2m",
         .kind = Kind::duration,
         .group = Group::rollout,
         .placeholder = "DURATION",
         .help = "how long to wait while another run works on the release",
         .description = "How long to wait while another run works on this release; then the run fails with exit code 9 "
                        "and names that run. `0s`: not at all.",
         .actions = changes},
        {.name = "dry-run",
         .fallback = "false",
         .kind = Kind::boolean,
         .group = Group::plan,
         .help = "tell what would be done, and do nothing",
         .description = "Tell what the action would do, and do nothing: what `plan` tells for `install`. With "
                        "`uninstall`: what goes, and what stays."},
        {.name = "allow",
         .default_shown = "none",
         .kind = Kind::lines,
         .group = Group::plan,
         .placeholder = "RULE",
         .help = "a rule that only warns instead of blocking; may be repeated",
         .description = "Rules of the plan that only warn instead of blocking, by name, one a line: `single-member`. "
                        "docs/plan.md lists them. `field-taken` also takes the fields back that others have set.",
         .actions = renders},
        {.name = "drift",
         .fallback = "false",
         .kind = Kind::boolean,
         .group = Group::plan,
         .help = "tell what was changed by others since the last deployment, too",
         .description = "With `plan` or `dry-run`: also compare the live objects with what was deployed last, and tell "
                        "what others have changed since.",
         .actions = renders},
        {.name = "plan",
         .default_shown = "none",
         .group = Group::plan,
         .placeholder = "FILE",
         .help = "with install or upgrade: the plan that was agreed to (plan --output json)",
         .description = "With `install` and `upgrade`: a plan that was made before (`plan` with `output: json`, or "
                        "`plan.json` in its `evidence-dir`). When the cluster, the chart or the values have moved on "
                        "since, the run is refused.",
         .actions = deploys},
        {.name = "leftover-data",
         .fallback = "refuse",
         .kind = Kind::choice,
         .group = Group::plan,
         .placeholder = "WAY",
         .help = "volumes of an earlier cluster: refuse, adopt or delete",
         .description = "What becomes of volumes that an earlier cluster of this name has left, when a new one is "
                        "installed: `refuse` to install, `adopt` them (etcd goes on with the data that is in them), or "
                        "`delete` them with all data, which takes `confirm`.",
         .choices = {"refuse", "adopt", "delete"},
         .actions = renders},
        {.name = "comment",
         .fallback = "false",
         .kind = Kind::boolean,
         .group = Group::plan,
         .help = "put the plan into a comment of the pull request",
         .description = "With `plan` or `dry-run` in a pull request's workflow: put the plan into one comment of the "
                        "pull request, which later runs update. Where the token may not write comments the summary "
                        "has to do.",
         .actions = renders},
        {.name = "github-token",
         .default_shown = "none",
         .kind = Kind::secret,
         .group = Group::plan,
         .help = "the token that writes the comment",
         .description = "The token that writes the comment: `github.token` does; the job needs `pull-requests: "
                        "write`. There is no flag for it, since other processes can read flags.",
         .actions = renders},
        {.name = "soak",
         .fallback = "5s",
         .kind = Kind::duration,
         .group = Group::rollout,
         .placeholder = "DURATION",
         .help = "how long the members are watched after a change; 0s: not at all",
         .description = "How long the members are watched after something was changed: none of their containers may "
                        "end, the leader must stay, and etcd must be well at the end. `0s` turns it off. When nothing "
                        "changed they are not watched.",
         .actions = deploys},
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
         .help = "the release's name once more, before data is deleted",
         .description = "The name of the release once more, to confirm `delete-data`, or `leftover-data: delete`.",
         .actions = {Action::install, Action::upgrade, Action::plan, Action::uninstall}},
        {.name = "output",
         .fallback = "text",
         .kind = Kind::choice,
         .group = Group::output,
         .placeholder = "FORMAT",
         .help = "what stdout gets: text, or json (then the log goes to stderr)",
         .description = "What goes to stdout: `text` (the log, and on a terminal the summary), or `json`, one document "
                        "with the result (docs/verify.md); the log goes to stderr then.",
         .choices = {"text", "json"}},
        {.name = "file",
         .default_shown = "none",
         .group = Group::backend,
         .placeholder = "FILE",
         .help = "with connect: the values file that gets the endpoints",
         .description = "With `connect`: the values file of the backend, in which the endpoints are written. Only that "
                        "one value changes, every other byte stays. Without it they are only told.",
         .actions = {Action::connect}},
        {.name = "env",
         .fallback = "ANYTRADE_ETCD_ENDPOINTS",
         .group = Group::backend,
         .placeholder = "NAME",
         .help = "the environment variable that holds them",
         .description = "The environment variable that holds the endpoints. It is added when it is not there.",
         .actions = {Action::connect}},
        {.name = "env-path",
         .fallback = "env",
         .group = Group::backend,
         .placeholder = "PATH",
         .help = "keys from the file's root to the list of variables",
         .description = "The keys from the file's root to the list of environment variables, with dots between them: "
                        "`backend.env`.",
         .actions = {Action::connect}},
        {.name = "check",
         .fallback = "false",
         .kind = Kind::boolean,
         .group = Group::backend,
         .help = "change nothing; exit code 1 when the file is stale",
         .description = "Change nothing: the run fails with exit code 1, and shows the difference, when the file is "
                        "stale.",
         .actions = {Action::connect}},
        {.name = "evidence-dir",
         .default_shown = "none",
         .group = Group::output,
         .placeholder = "FOLDER",
         .help = "folder to keep all that was seen in, when it fails",
         .description = "A folder in which all that was seen is kept, secrets hidden, for instance for an artifact: by "
                        "`diagnose` always, by `install`, `upgrade` and `uninstall` when they fail, before anything is "
                        "undone; by `plan` the whole plan, as `plan.json` and `plan.diff`. It "
                        "is made when it is missing, and only its owner may read it.",
         .actions = {Action::install, Action::upgrade, Action::plan, Action::uninstall, Action::diagnose}},
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
    static constexpr std::array all{Action::install, Action::upgrade,  Action::plan,   Action::uninstall,
                                    Action::verify,  Action::diagnose, Action::connect};
    return all;
}

}  // namespace inputs
