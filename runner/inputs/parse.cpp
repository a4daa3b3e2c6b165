#include <algorithm>

#include "base/text.hpp"
#include "inputs/check.hpp"
#include "inputs/command_line.hpp"
#include "inputs/inputs.hpp"
#include "inputs/shown.hpp"

namespace inputs {
namespace {

std::optional<model::Action> action_called(std::string_view name) {
    for (const auto action : actions()) {
        if (name == model::to_string(action)) {
            return action;
        }
    }
    return std::nullopt;
}

// The action, from the command line or from INPUT_ACTION.
std::optional<model::Action> check_action(const CommandLine& command_line, const Given& given, Faults& faults) {
    const auto name = command_line.command ? command_line.command : given.text("action");
    if (!name) {
        faults.push_back({.input = "action",
                          .message = "it is not said what to do",
                          .hint =
                              "etcd-deploy install, upgrade, plan, uninstall, verify, diagnose or connect; etcd-deploy "
                              "--help tells more"});
        return std::nullopt;
    }
    const auto action = action_called(*name);
    if (!action) {
        (void)check_choice(*find("action"), *name, faults);
    }
    return action;
}

void check_removal(const Given& given, model::Request& request, Faults& faults) {
    request.delete_data = check_boolean(given, "delete-data", faults);
    if (!request.delete_data) {
        return;
    }
    if (request.action != model::Action::uninstall) {
        faults.push_back({.input = "delete-data",
                          .message = "only uninstall deletes data, this is " + std::string(to_string(request.action)),
                          .hint = "leave delete-data out"});
        return;
    }
    if (!request.dry_run) {
        check_confirmation(given, request, faults);
    }
}

std::string check_evidence_folder(const Given& given, const World& world, Faults& faults) {
    auto folder = expand_home(given.text("evidence-dir").value_or(""), world);
    if (looks_like_content(folder)) {
        faults.push_back({.input = "evidence-dir",
                          .message = shown(folder) + " cannot be a folder",
                          .hint = "evidence-dir: diagnosis"});
        return {};
    }
    const auto kind = folder.empty() ? PathKind::missing : world.kind(folder);
    if (kind != PathKind::missing && kind != PathKind::folder) {
        faults.push_back({.input = "evidence-dir",
                          .message = shown(folder) + " is there, and is no folder",
                          .hint = "name a folder, or a place where none is yet"});
    }
    return folder;
}

model::LogLevel check_log_level(const Given& given, const World& world, Faults& faults) {
    const auto level =
        static_cast<model::LogLevel>(check_choice(*find("log-level"), given.text_or_default("log-level"), faults));
    const bool debug_run = world.environment("RUNNER_DEBUG") == "1" && !given.by_flag("log-level");
    return debug_run ? model::LogLevel::debug : level;
}

}  // namespace

model::OutputFormat output_format(std::span<const std::string> arguments, const World& world) {
    const CommandLine command_line = read_command_line(arguments);
    return Given(command_line, world).text("output") == "json" ? model::OutputFormat::json : model::OutputFormat::text;
}

std::variant<model::Request, Message, std::vector<Fault>> parse(std::span<const std::string> arguments,
                                                                const World& world) {
    const CommandLine command_line = read_command_line(arguments);
    if (command_line.version) {
        return Message{"etcd-deploy " ETCD_DEPLOY_VERSION "\n"};
    }
    if (command_line.help) {
        const auto action = command_line.command ? action_called(*command_line.command) : std::nullopt;
        return Message{action ? help(*action) : help()};
    }

    Faults faults = command_line.faults;
    const Given given(command_line, world);
    const auto action = check_action(command_line, given, faults);
    model::Request request;
    request.action = action.value_or(model::Action::install);
    request.release = given.text_or_default("release");
    check_label(request.release, {.input = "release", .longest = 53}, faults);
    if (const auto name = given.text("namespace")) {
        request.namespace_name = *name;
        check_label(*name, {.input = "namespace"}, faults);
    }
    request.dry_run = check_boolean(given, "dry-run", faults);
    request.timeout = check_duration(
        given, {.input = "timeout", .shortest = std::chrono::seconds(1), .longest = std::chrono::hours(24)}, faults);
    // What does not concern an action may be anything: one workflow step serves them all.
    if (action && concerns(*find("chart"), *action)) {
        request.create_namespace = check_boolean(given, "create-namespace", faults);
        auto files = check_values_files(given, world, faults);
        request.values_files = std::move(files.paths);
        request.set = check_set(given, "set", faults);
        request.set_string = check_set(given, "set-string", faults);
        request.chart = check_chart(given, world, faults);
        check_rollout(given, files.root_keys, request, faults);
        check_plan(given, world, request, faults);
    }
    if (action && concerns(*find("grace"), *action)) {
        request.graces = check_graces(given, faults);
    }
    if (action && concerns(*find("lock-timeout"), *action)) {
        request.lock_timeout =
            check_duration(given, {.input = "lock-timeout", .shortest = {}, .longest = std::chrono::hours(24)}, faults);
    }
    if (action && concerns(*find("etcd-access"), *action)) {
        request.etcd_access = static_cast<model::EtcdAccess>(
            check_choice(*find("etcd-access"), given.text_or_default("etcd-access"), faults));
        request.etcd_user = given.text_or_default("etcd-user");
        request.etcd_password = given.text("etcd-password").value_or("");
    }
    if (action == model::Action::connect) {
        request.env = check_env_target(given, world, faults);
    }
    request.kubeconfig = check_kubeconfig(given, world, faults);
    request.context = given.text("context").value_or("");
    if (request.context.starts_with('-') || request.context.contains('\n')) {
        faults.push_back({.input = "context",
                          .message = shown(request.context) + " cannot be the name of a context",
                          .hint = "kubectl config get-contexts lists them"});
    }
    if (action) {
        check_removal(given, request, faults);
    }
    request.output =
        static_cast<model::OutputFormat>(check_choice(*find("output"), given.text_or_default("output"), faults));
    if (action && concerns(*find("evidence-dir"), *action)) {
        request.evidence_folder = check_evidence_folder(given, world, faults);
    }
    request.log_level = check_log_level(given, world, faults);
    // With a fault of its own it would be told twice.
    const bool kubeconfig_told = std::ranges::any_of(
        faults, [](const auto& fault) { return fault.input == "kubeconfig" || fault.input == "context"; });
    if (!faults.empty() && !kubeconfig_told && world.kubeconfig_error) {
        if (const auto error = world.kubeconfig_error(request.kubeconfig, request.context)) {
            faults.push_back({.input = "kubeconfig", .message = error->text(), .hint = error->hint});
        }
    }

    if (!faults.empty()) {
        return faults;
    }
    return request;
}

}  // namespace inputs
