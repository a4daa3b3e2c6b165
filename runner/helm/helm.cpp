#include "helm/helm.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/redaction.hpp"
#include "base/text.hpp"
#include "sys/addresses.hpp"

namespace helm {
namespace {

using base::ErrorCode;

constexpr std::size_t shown_output = 4000;

// The user's own HELM_* settings must not change what our flags say.
std::map<std::string, std::string> environment(const Settings& settings) {
    std::map<std::string, std::string> variables{{"HELM_DRIVER", "secret"}, {"HELM_NAMESPACE", ""},
                                                 {"HELM_KUBECONTEXT", ""},  {"HELM_KUBEAPISERVER", ""},
                                                 {"HELM_KUBETOKEN", ""},    {"HELM_DEBUG", ""}};
    if (!settings.kubeconfig.empty()) {
        // Not --kubeconfig: this one may be a list of files.
        variables["KUBECONFIG"] = settings.kubeconfig;
    }
    return variables;
}

std::vector<std::string> target(const Settings& settings) {
    std::vector<std::string> flags{"--namespace", settings.namespace_name};
    if (!settings.context.empty()) {
        flags.insert(flags.end(), {"--kube-context", settings.context});
    }
    return flags;
}

void append(std::vector<std::string>& argv, const std::string& flag, const std::vector<std::string>& values) {
    for (const auto& value : values) {
        argv.insert(argv.end(), {flag, value});
    }
}

// "--set", "a.password=x" is shown as "a.password=***".
std::vector<std::string> shown(std::vector<std::string> argv) {
    for (auto& argument : argv) {
        const auto equals = argument.find('=');
        if (equals != std::string::npos && base::names_a_secret(argument.substr(0, equals))) {
            argument = argument.substr(0, equals) + "=***";
        }
    }
    return argv;
}

// "spec.x: Invalid value: [{…a whole object in JSON…}]: field is immutable" without the
// object: the path and the end are what matters.
std::string without_values(std::string text) {
    const std::string_view label = "Invalid value: ";
    const auto begin = text.find(label);
    const auto value = begin + label.size();
    if (begin == std::string::npos || value >= text.size() || !std::string_view("[{").contains(text[value])) {
        return text;
    }
    for (const std::string_view closing : {"]: ", "}: "}) {
        if (const auto end = text.rfind(closing); end != std::string::npos && end > value) {
            text.replace(value, end + 1 - value, "…");
            break;
        }
    }
    return text;
}

// Helm's complaint: what follows "Error: " in its output, on one line.
std::string complaint(const std::string& output) {
    const auto begin = output.rfind("Error: ");
    const std::string text = begin == std::string::npos ? output : output.substr(begin + 7);
    return base::shorten(without_values(base::join(base::nonempty_lines(base::printable(text)), " ")), 600);
}

// What a known complaint means, and what helps. The first row that fits counts.
struct Meaning {
    std::string_view sign;
    ErrorCode code;
    std::string_view hint;
};

constexpr std::string_view immutable_field =
    "this field cannot be changed in place: undo the change in the values file; or, of a Job that an earlier run left, "
    "delete it first (kubectl delete job)";
constexpr std::string_view damaged_chart = "this chart is damaged: check the folder or archive, or pack it anew";

constexpr std::array meanings{
    Meaning{"another operation (install/upgrade/rollback) is in progress", ErrorCode::helm_failed,
            "an earlier run was interrupted: when none is at work any more, bring the release back with "
            "helm rollback, or uninstall it if it never worked (volumes stay)"},
    Meaning{"values don't meet the specifications of the schema", ErrorCode::bad_input,
            "correct the values file: the chart says what it expects"},
    Meaning{"execution error at", ErrorCode::bad_input, "correct the values file: the chart refuses this combination"},
    Meaning{"cannot be imported into the current release", ErrorCode::helm_failed,
            "an object of this name exists and belongs to somebody else: remove it, or use another release name"},
    Meaning{"updates to statefulset spec for fields other than", ErrorCode::helm_failed, immutable_field},
    Meaning{"field is immutable", ErrorCode::helm_failed, immutable_field},
    Meaning{"conflict with", ErrorCode::helm_failed,
            "somebody else changed a field of the release (kubectl scale, edit): undo that, then deploy again"},
    Meaning{"is being terminated", ErrorCode::refused,
            "the namespace is being deleted: wait until it is gone, or use another one"},
    Meaning{"is forbidden", ErrorCode::forbidden,
            "grant this to the kubeconfig's user; kubectl auth can-i --list shows what it may do"},
    Meaning{"has no deployed releases", ErrorCode::helm_failed,
            "the first installation failed: uninstall it (volumes stay), then install"},
    Meaning{"failed to parse", ErrorCode::bad_input, "correct this values file"},
    Meaning{"parse error", ErrorCode::helm_failed, "this template of the chart is broken: correct the chart"},
    Meaning{"executing \"", ErrorCode::helm_failed,
            "this template of the chart fails with these values: correct the values file or the chart"},
    Meaning{"does not appear to be a gzipped archive", ErrorCode::bad_input, damaged_chart},
    Meaning{"Chart.yaml file is missing", ErrorCode::bad_input, damaged_chart},
    Meaning{"chart.metadata", ErrorCode::bad_input, damaged_chart},
};

// What helm printed beyond its complaint: nothing, when it only says it again.
std::string beyond(const std::string& complaint, const std::string& output) {
    std::vector<std::string> kept;
    bool says_more = false;
    for (const auto& line : base::split(output, '\n')) {
        const bool chatter = line.ends_with("does not exist. Installing it now.") ||
                             line.starts_with("level=WARN msg=\"upgrade failed\"");
        if (!chatter) {
            const auto text = base::trim(line);
            const auto said = without_values(text.starts_with("Error: ") ? text.substr(7) : text);
            says_more = says_more || !complaint.contains(said);
            kept.push_back(line);
        }
    }
    return says_more ? base::join(kept, "\n") : std::string();
}

base::Error failure(const std::vector<std::string>& argv, const sys::ProcessResult& result) {
    const std::string output = result.err + (result.err.empty() ? "" : "\n") + result.out;
    base::Error error{.code = ErrorCode::helm_failed,
                      .message = complaint(result.err.empty() ? result.out : result.err),
                      .context = {},
                      .hint = {},
                      .command = {{.argv = shown(argv), .exit_code = result.exit_code, .last_output = {}}}};
    error.command.front().last_output =
        beyond(error.message, base::printable(output.substr(output.size() - std::min(output.size(), shown_output))));
    for (const auto& meaning : meanings) {
        if (error.message.contains(meaning.sign)) {
            error.code = meaning.code;
            error.hint = meaning.hint;
            break;
        }
    }
    return error;
}

base::Result<sys::ProcessResult> run(sys::ProcessRunner& processes, const std::vector<std::string>& argv,
                                     const Settings& settings, const OnLine& on_line, const Scope& scope,
                                     std::size_t keep_output = sys::Command().keep_output) {
    auto result = processes.run(
        {.argv = argv, .environment = environment(settings), .on_line = on_line, .keep_output = keep_output},
        scope.stop, scope.deadline);
    if (!result) {
        if (result.error().code == ErrorCode::not_found) {
            return base::fail(ErrorCode::helm_unusable, "helm was not found",
                              "install helm 4, or use the container image of the action, which has it");
        }
        return std::unexpected(std::move(result).error());
    }
    if (result->stopped) {
        return base::fail(ErrorCode::cancelled, "helm was ended");
    }
    if (result->timed_out) {
        return base::fail(ErrorCode::timed_out, "helm did not end in time and was stopped",
                          "see what it waits for: a hook Job, or the API server");
    }
    if (result->exit_code != 0) {
        return std::unexpected(failure(argv, *result));
    }
    return result;
}

}  // namespace

int revisions_to_keep(int newest, int wanted) {
    constexpr int usual = 20;
    constexpr int more = 3;  // this one, one that fails, and the way back
    return std::max(usual, newest - wanted + more);
}

Helm::Helm(sys::ProcessRunner& processes, Settings settings) : processes_(processes), settings_(std::move(settings)) {}

base::Result<std::string> Helm::version(const Scope& scope) const {
    auto result = run(processes_, {settings_.program, "version", "--template", "{{.Version}}"}, settings_, {}, scope);
    if (!result) {
        if (result.error().code == ErrorCode::helm_failed) {
            result.error().code = ErrorCode::helm_unusable;
        } else if (result.error().code == ErrorCode::timed_out) {
            return base::fail(ErrorCode::helm_unusable, "helm version does not end", "see whether helm works here");
        }
        return std::unexpected(std::move(result).error());
    }
    std::string version = base::printable(base::trim(result->out));
    int major = 0;
    if (version.starts_with('v')) {
        std::from_chars(version.data() + 1, version.data() + version.size(), major);
    }
    if (major < 4) {
        return base::fail(ErrorCode::helm_unusable, "helm " + base::shorten(version, 40) + " is too old",
                          "install helm 4, or use the container image of the action, which has it");
    }
    return version;
}

namespace {

// "10.98.0.1" of "oci://10.98.0.1:5000/charts/etcd".
std::string registry_host(const std::string& location) {
    const std::string_view scheme = "oci://";
    if (!location.starts_with(scheme)) {
        return {};
    }
    const auto authority = location.substr(scheme.size(), location.find('/', scheme.size()) - scheme.size());
    const auto bracket = authority.find(']');  // of an IPv6 address
    return authority.substr(0, authority.find(':', bracket == std::string::npos ? 0 : bracket));
}

}  // namespace

base::Result<std::string> Helm::pull(const model::ChartReference& chart, const std::string& folder,
                                     const OnLine& on_line, const Scope& scope) const {
    std::vector<std::string> argv{settings_.program, "pull", chart.location, "--destination", folder};
    if (!chart.repository.empty()) {
        argv.insert(argv.end(), {"--repo", chart.repository});
    }
    if (!chart.version.empty()) {
        argv.insert(argv.end(), {"--version", chart.version});
    }
    // A registry on this machine itself (tests, mirrors) may speak plain HTTP, as Docker has
    // it: nobody in between could change the chart. What the first try prints is kept back.
    const bool own = sys::is_own_address(registry_host(chart.location));
    std::vector<std::pair<sys::Stream, std::string>> printed;
    const OnLine keep = [&](sys::Stream stream, std::string_view line) { printed.emplace_back(stream, line); };
    auto pulled = run(processes_, argv, settings_, own ? keep : on_line, scope);
    const bool speaks_http = !pulled && pulled.error().message.contains("server gave HTTP response to HTTPS client");
    if (own && speaks_http) {
        argv.emplace_back("--plain-http");
        pulled = run(processes_, argv, settings_, on_line, scope);
    } else if (on_line) {
        for (const auto& [stream, line] : printed) {
            on_line(stream, line);
        }
    }
    if (!pulled) {
        auto error = base::in_context(std::move(pulled).error(), "fetching chart " + chart.location);
        if (error.code == ErrorCode::helm_failed) {
            constexpr std::array signs{"not found", "no chart", "name unknown", "manifest unknown", "status code 404"};
            const bool absent =
                std::ranges::any_of(signs, [&](const char* sign) { return error.message.contains(sign); });
            error.code = absent ? ErrorCode::bad_input : ErrorCode::refused;
            error.hint = absent ? "check chart, chart-repo and chart-version"
                         : speaks_http && !own
                             ? "this registry speaks plain HTTP, which is accepted from this machine itself only"
                             : "check the repository's address and that this machine may reach it";
        }
        return std::unexpected(std::move(error));
    }
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
        if (entry.path().extension() == ".tgz") {
            return entry.path().string();
        }
    }
    return base::fail(ErrorCode::refused, "helm fetched no chart for " + chart.location);
}

namespace {

// Everything of an upgrade but how it is waited for and whether it is done.
std::vector<std::string> upgrade_of(const UpgradeOptions& options, const Settings& settings) {
    std::vector<std::string> argv{settings.program, "upgrade", options.release, options.chart};
    const auto flags = target(settings);
    argv.insert(argv.end(), flags.begin(), flags.end());
    if (options.install) {
        argv.emplace_back("--install");
    }
    argv.emplace_back("--reset-values");
    append(argv, "--values", options.values_files);
    append(argv, "--set", options.set);
    append(argv, "--set-string", options.set_string);
    return argv;
}

}  // namespace

base::Result<void> Helm::upgrade(const UpgradeOptions& options, const OnLine& on_line, const Scope& scope) const {
    auto argv = upgrade_of(options, settings_);
    // Under server-side apply the API server itself checks every field; helm would only fetch
    // the server's whole OpenAPI document first (0.2 s) and find nothing more.
    argv.insert(argv.end(), {"--server-side=true", "--disable-openapi-validation", "--wait=hookOnly", "--timeout",
                             base::go_duration(options.timeout), "--history-max", std::to_string(options.history_max)});
    if (options.conflicts == Conflicts::taken_back) {
        argv.emplace_back("--force-conflicts");
    }
    TRY(run(processes_, argv, settings_, on_line, scope));
    return {};
}

base::Result<Release> Helm::render(const UpgradeOptions& options, const Scope& scope) const {
    auto argv = upgrade_of(options, settings_);
    argv.insert(argv.end(), {"--dry-run=server", "--server-side=true", "--disable-openapi-validation", "--hide-notes",
                             "--output", "json"});
    // The chart is in it, too, with all its templates: a Secret of Kubernetes has room for 1 MiB of that, packed.
    constexpr std::size_t largest = std::size_t{16} << 20U;
    TRY_ASSIGN(const auto result, run(processes_, argv, settings_, {}, scope, largest));
    return decode_rendering(result.out);
}

// The API server's words: "Apply failed with 1 conflict: conflict with \"kubectl-edit\" using apps/v1: .spec.…".
bool is_conflict(const base::Error& error) {
    return error.code == base::ErrorCode::helm_failed && error.message.contains("conflict with \"");
}

base::Result<void> Helm::rollback(const RollbackOptions& options, const OnLine& on_line, const Scope& scope) const {
    std::vector<std::string> argv{settings_.program, "rollback", options.release, std::to_string(options.revision)};
    const auto flags = target(settings_);
    argv.insert(argv.end(), flags.begin(), flags.end());
    argv.insert(argv.end(), {"--server-side=true", "--wait=hookOnly", "--timeout", base::go_duration(options.timeout),
                             "--history-max", std::to_string(options.history_max)});
    if (options.conflicts == Conflicts::taken_back) {
        argv.emplace_back("--force-conflicts");
    }
    TRY(run(processes_, argv, settings_, on_line, scope));
    return {};
}

base::Result<void> Helm::uninstall(const std::string& release, std::chrono::milliseconds timeout, const OnLine& on_line,
                                   const Scope& scope) const {
    std::vector<std::string> argv{settings_.program, "uninstall", release};
    const auto flags = target(settings_);
    argv.insert(argv.end(), flags.begin(), flags.end());
    argv.insert(argv.end(), {"--ignore-not-found", "--wait=hookOnly", "--timeout", base::go_duration(timeout)});
    TRY(run(processes_, argv, settings_, on_line, scope));
    return {};
}

}  // namespace helm
